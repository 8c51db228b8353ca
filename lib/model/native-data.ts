import type { Dataset } from '../data/dataset.ts';
import type { NativeDataset } from '../native.ts';

/** The form in which the addon takes a data set. */
export function nativeDataset(dataset: Dataset): NativeDataset {
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
