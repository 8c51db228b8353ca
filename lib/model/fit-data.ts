import type { Dataset } from '../data/dataset.ts';
import { setAside } from '../data/set-aside.ts';
import { ThawError } from '../errors.ts';
import { withClassesOf } from './class-names.ts';

export interface FitData {
  training: Dataset;
  validation: Dataset | undefined;
}

export interface GivenData {
  data: Dataset;
  validationData: Dataset | undefined;
  /** 0: none. */
  validationSplit: number;
  seed: number;
  /** The classes of the model; empty where they are not known. */
  known: readonly string[];
}

/**
 * What `fit` was given, as data sets whose labels are indices into one list of classes: the model's where it knows those of
 * the data, as fewer classes or another order of them are no other task.
 * @throws ThawError ERR_DATA_ONE_CLASS, ERR_DATA_EMPTY, ERR_CLASS_NAMES, ERR_INVALID_ARGUMENT
 */
export function fitData({ data: whole, validationData, validationSplit, seed, known }: GivenData): FitData {
  if (validationData !== undefined && validationSplit > 0) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Give either validationData or validationSplit, not both.');
  }
  if (whole.classes.length < 2 && whole.kind !== 'multiLabel') {
    throw new ThawError('ERR_DATA_ONE_CLASS', 'The data has one class only: there is nothing to tell apart.');
  }
  const names = new Set(known);
  const mapped = whole.classes.every((name) => names.has(name))
    ? withClassesOf(whole, known, 'The data')
    : whole;
  if (validationSplit > 0) {
    const { train, validation } = setAside(mapped, validationSplit, seed);
    return { training: train, validation };
  }
  const validation = validationData && withClassesOf(validationData, mapped.classes, 'The validation data');
  return { training: mapped, validation };
}
