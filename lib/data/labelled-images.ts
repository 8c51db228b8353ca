import { ThawError } from '../errors.ts';
import { validation } from '../options/data.ts';
import { checkOptions, type Given, pick } from '../options/table.ts';
import type { Dataset } from './dataset.ts';
import { stratifiedSplit } from './split.ts';

/** What a folder or a listing gives. */
export interface LabelledImages {
  train: Dataset;
  /** Absent unless a validation set or a split was asked for. */
  validation?: Dataset;
  classes: readonly string[];
}

/** docs/api.md has the table. */
export type ValidationOptions = Given<typeof validation>;

/** A data set with a name an image for the split, the same wherever the folder lies. */
export interface NamedDataset {
  dataset: Dataset;
  names: readonly string[];
}

/** Adds the validation side: read from its own place, or split off. */
export async function withValidation(
  options: ValidationOptions & { classes?: readonly string[] | undefined },
  read: (path: string | undefined, classes: readonly string[] | undefined) => Promise<NamedDataset>,
): Promise<LabelledImages> {
  const { validationSplit, seed } = checkOptions('validation', validation, pick(validation, options));
  if (options.validation !== undefined && validationSplit > 0) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Give either validation or validationSplit, not both.');
  }
  const { dataset: train, names } = await read(undefined, options.classes);
  const { classes, labels } = train;
  if (options.validation !== undefined) {
    const { dataset } = await read(options.validation, classes);
    return { train, validation: dataset, classes };
  }
  const split = stratifiedSplit({ classes, labels, names, validationSplit, seed });
  if (split.validation.length === 0) return { train, classes };
  return { train: train.subset(split.train), validation: train.subset(split.validation), classes };
}
