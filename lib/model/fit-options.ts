import type { Dataset } from '../data/dataset.ts';
import type { DatasetLike } from '../data/to-dataset.ts';
import { ThawError } from '../errors.ts';
import type { NativeFitOptions } from '../native.ts';
import {
  type AUGMENTATIONS,
  type checkpoint,
  classWeightValue,
  type earlyStopping,
  fit,
} from '../options/fit.ts';
import type { evaluate, PRECISIONS, run } from '../options/run.ts';
import { type Checked, checkOptions, type Given } from '../options/table.ts';
import { shortened } from '../validate.ts';
import type { Callbacks } from './callbacks.ts';
import { settledCache } from './feature-cache.ts';

export type Precision = (typeof PRECISIONS)[number];
export type Augmentation = (typeof AUGMENTATIONS)[number];

/** How data is read and computed with; the same for training, evaluation and prediction: docs/api.md has the table. */
export type RunOptions = Given<typeof run>;
export type EvaluateOptions = Given<typeof evaluate>;
export type EarlyStopping = Given<typeof earlyStopping>;

/** docs/api.md has the table. */
export interface FitOptions extends Omit<Given<typeof fit>, 'validationData' | 'callbacks'> {
  validationData?: DatasetLike | undefined;
  callbacks?: Callbacks | readonly Callbacks[] | undefined;
}

/** What the engine takes, but for what the callbacks decide. */
export type CheckedFit = Omit<NativeFitOptions, 'batchEvents' | 'holdEpochs' | 'checkpoint'> & {
  checkpoint?: Checked<typeof checkpoint>;
};

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function fitOptions(
  options: FitOptions,
): CheckedFit & { validationSplit: number; stepsPerEpoch?: number } {
  const { validationData, callbacks, signal, classWeight, batchSize, cache, ...checked } = checkOptions(
    'fit',
    fit,
    options,
  );
  return {
    ...checked,
    batchSize: batchSize === 'auto' ? 0 : batchSize,
    cache: settledCache(cache),
  };
}

/** The weight of each class in the loss; empty where all weigh the same. */
export function classWeights(dataset: Dataset, option: FitOptions['classWeight']): number[] {
  if (option === undefined) return [];
  if (option === 'auto') {
    // scikit-learn's "balanced": images / (classes x images of the class); a class without images weighs 0.
    return dataset
      .classCounts()
      .map((count) => (count === 0 ? 0 : dataset.size / (dataset.classes.length * count)));
  }
  for (const name of Object.keys(option)) {
    if (!dataset.classes.includes(name)) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `classWeight names '${shortened(name)}', which is no class of the data.`,
      );
    }
  }
  const weights = dataset.classes.map((name) =>
    classWeightValue.check(
      `classWeight.${shortened(name)}`,
      (Object.hasOwn(option, name) ? option[name] : undefined) ?? 1,
    ),
  );
  const counts = dataset.classCounts();
  if (weights.every((weight, label) => weight === 0 || counts[label] === 0)) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      'classWeight gives every class that has images the weight 0: nothing would be learnt.',
    );
  }
  return weights;
}
