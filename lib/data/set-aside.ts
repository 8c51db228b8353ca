import { ThawError } from '../errors.ts';
import { type Dataset, range } from './dataset.ts';

/**
 * Sets a share of images aside to validate on: of images in memory the last ones, in the order in which they are, as
 * Keras' `validation_split` does before it shuffles; of files, which stand class after class, the same share of every
 * class, by the seed.
 * @throws ThawError ERR_DATA_EMPTY where a side would have no image, or a class none to train on
 */
export function setAside(dataset: Dataset, fraction: number, seed: number) {
  if (dataset.source.kind === 'files') return dataset.split(fraction, { seed });
  const { size, classes } = dataset;
  const kept = Math.floor(size * (1 - fraction));
  if (kept === 0 || kept === size) {
    throw new ThawError(
      'ERR_DATA_EMPTY',
      `A validationSplit of ${fraction} of ${size} images leaves none to ${kept === 0 ? 'train' : 'validate'} on.`,
    );
  }
  const train = dataset.subset(range(0, kept));
  const counts = train.classCounts();
  const lost = dataset.classCounts().findIndex((count, i) => count > 0 && counts[i] === 0);
  if (lost >= 0) {
    throw new ThawError(
      'ERR_DATA_EMPTY',
      `validationSplit sets the last ${size - kept} images in memory aside, as Keras does, and all of '${classes[lost]}' are among them: give dataset.shuffle(), or split() it.`,
    );
  }
  return { train, validation: dataset.subset(range(kept, size)) };
}
