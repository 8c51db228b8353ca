import type { Dataset } from '../data/dataset.ts';
import type { NativeDataset } from '../native.ts';

/** The form in which the addon takes a data set. */
export function nativeDataset(dataset: Dataset): NativeDataset {
  const { kind, source, sampleWeights } = dataset;
  const target =
    kind === 'classes'
      ? { labels: dataset.labels }
      : { shares: dataset.targets, multiLabel: kind === 'multiLabel' };
  const given = { ...target, ...(sampleWeights && { sampleWeights }) };
  switch (source.kind) {
    case 'files':
      return { paths: source.paths, ...given };
    case 'encoded':
      return { images: source.images, ...given };
    case 'pixels':
      return { pixels: source.data, shape: source.shape, ...given };
  }
}
