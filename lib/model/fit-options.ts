import type { Dataset } from '../data/dataset.ts';
import { ThawError } from '../errors.ts';
import type { NativeEpoch, NativeFitOptions } from '../native.ts';
import { type AUGMENTATIONS, classWeightValue, type earlyStopping, fit } from '../options/fit.ts';
import type { PRECISIONS, run } from '../options/run.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { shortened } from '../validate.ts';
import { type CacheFacts, settledCache } from './feature-cache.ts';

export type Precision = (typeof PRECISIONS)[number];
export type Augmentation = (typeof AUGMENTATIONS)[number];

/** How data is read and computed with; the same for training, evaluation and prediction: docs/api.md has the table. */
export type RunOptions = Given<typeof run>;
export type EarlyStopping = Given<typeof earlyStopping>;

export interface TrainBegin {
  /** Batches an epoch. */
  batches: number;
  batchSize: number;
  /** Optimizer steps of the whole run. */
  steps: number;
  precision: string;
  device: string;
  /** From 0; later than 0 where a checkpoint was resumed. */
  startEpoch: number;
  trainableParameters: number;
  /** The module below which everything is frozen, such as 'layer4.1'; '' where nothing is. */
  boundary: string;
  /** Where the outputs of the frozen layers are kept. */
  trainCache: CacheFacts;
  validationCache: CacheFacts;
}

/** Of the epoch so far. */
export interface BatchLogs {
  /** From 0. */
  epoch: number;
  /** Batches done. */
  batch: number;
  batches: number;
  images: number;
  imagesPerSecond: number;
  /** Of the whole run, validation included: what later epochs find kept is counted as found. */
  secondsLeft: number;
  loss: number;
  accuracy: number;
}

/** Of the validation that ends an epoch. */
export interface ValidationLogs {
  /** From 0. */
  epoch: number;
  /** Batches done. */
  batch: number;
  batches: number;
}

/** Of an epoch: what was measured on the training images, and as `valLoss` and its kin on those of validation. */
export type EpochLogs = Omit<NativeEpoch, 'images'>;

/**
 * Called on the event loop while training goes on beside it; training does not wait for them. What one throws
 * stops the training and rejects `fit`.
 */
export interface Callbacks {
  onTrainBegin?(info: TrainBegin): void;
  /** About ten times a second. */
  onBatchEnd?(logs: BatchLogs): void;
  /** Likewise. */
  onValidationBatchEnd?(logs: ValidationLogs): void;
  onEpochEnd?(epoch: number, logs: EpochLogs): void;
}

/** docs/api.md has the table. */
export interface FitOptions extends Omit<Given<typeof fit>, 'validationData' | 'callbacks'> {
  validationData?: Dataset | undefined;
  callbacks?: Callbacks | undefined;
}

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function fitOptions(options: FitOptions): NativeFitOptions {
  const { validationData, callbacks, signal, classWeight, batchSize, cache, ...checked } = checkOptions(
    'fit',
    fit,
    options,
  );
  return {
    ...checked,
    batchSize: batchSize === 'auto' ? 0 : batchSize,
    cache: settledCache(cache),
    batchEvents: (callbacks?.onBatchEnd ?? callbacks?.onValidationBatchEnd) !== undefined,
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
  return dataset.classes.map((name) =>
    classWeightValue.check(
      `classWeight.${shortened(name)}`,
      (Object.hasOwn(option, name) ? option[name] : undefined) ?? 1,
    ),
  );
}
