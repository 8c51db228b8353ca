import { ThawError } from '../errors.ts';
import { nonNegativeInteger } from '../validate.ts';
import type { Dataset } from './dataset.ts';
import { stratifiedSplit, validationShare } from './split.ts';

/** What a folder or a listing gives. */
export interface LabelledImages {
  train: Dataset;
  /** Absent unless a validation set or a split was asked for. */
  validation?: Dataset;
  classes: readonly string[];
}

export interface ValidationOptions {
  /** Share of each class' images set aside for validation, from 0 up to (not including) 1; 0 unless given. */
  validationSplit?: number;
  /** A second folder or listing with the same classes, to validate on. Instead of validationSplit. */
  validation?: string;
  /** Of the split; 0 unless given. */
  seed?: number;
}

/** A data set with a name an image for the split, the same wherever the folder lies. */
export interface NamedDataset {
  dataset: Dataset;
  names: readonly string[];
}

/** Adds the validation side: read from its own place, or split off. */
export async function withValidation(
  options: ValidationOptions & { classes?: readonly string[] },
  read: (path: string | undefined, classes: readonly string[] | undefined) => Promise<NamedDataset>,
): Promise<LabelledImages> {
  const validationSplit = validationShare(options.validationSplit ?? 0);
  const seed = nonNegativeInteger('seed', options.seed ?? 0);
  if (options.validation !== undefined && validationSplit > 0) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Give either validation or validationSplit, not both.');
  }
  const { dataset: train, names } = await read(undefined, options.classes);
  const { classes, labels } = train;
  if (options.validation !== undefined) {
    const { dataset: validation } = await read(options.validation, classes);
    return { train, validation, classes };
  }
  const split = stratifiedSplit({ classes, labels, names, validationSplit, seed });
  if (split.validation.length === 0) return { train, classes };
  return { train: train.subset(split.train), validation: train.subset(split.validation), classes };
}
