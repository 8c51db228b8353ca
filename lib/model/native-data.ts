import type { Dataset } from '../data/dataset.ts';
import { ThawError } from '../errors.ts';
import type { NativeDataset } from '../native.ts';

/** The form in which the addon takes a data set. */
export function nativeDataset(dataset: Dataset): NativeDataset {
  refuseTargets(dataset);
  const { labels, source } = dataset;
  switch (source.kind) {
    case 'files':
      return { paths: source.paths, labels };
    case 'encoded':
      return { images: source.images, labels };
    case 'pixels':
      return { pixels: source.data, shape: source.shape, labels };
  }
}

/** What the addon does not take yet. */
function refuseTargets({ kind, sampleWeights }: Dataset): void {
  if (kind !== 'classes') {
    throw new ThawError(
      'ERR_DATA_MULTI_LABEL',
      'Images of several classes cannot be trained on or evaluated yet: give each of them one class.',
    );
  }
  if (sampleWeights) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Sample weights cannot be trained or evaluated with yet.');
  }
}
