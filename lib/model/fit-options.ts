import type { Dataset } from '../data/dataset.ts';
import { ThawError } from '../errors.ts';
import { invalid, knownOptions, nonNegativeInteger, numberIn, oneOf, positiveInteger } from '../validate.ts';
import { type CacheFacts, type CacheMode, type CacheOptions, cacheOptions } from './feature-cache.ts';

const PRECISIONS = ['auto', 'float32', 'bfloat16'] as const;
export type Precision = (typeof PRECISIONS)[number];

const AUGMENTATIONS = ['none', 'flip', 'standard'] as const;
export type Augmentation = (typeof AUGMENTATIONS)[number];

const MONITORS = ['valLoss', 'valAccuracy', 'loss', 'accuracy'] as const;

/** How data is read and computed with; the same for training, evaluation and prediction. */
export interface RunOptions {
  /** Images a batch. Default 32. */
  batchSize?: number;
  /** 'auto' is bfloat16 where the device is faster in it, else float32. Default 'auto'. */
  precision?: Precision;
  /** Threads that decode images. Default 0: as many as there are cores. */
  threads?: number;
  /** A larger share of unreadable images fails the run, 0 to 1; a smaller one is skipped. Default 0.1. */
  maxSkippedShare?: number;
  signal?: AbortSignal | undefined;
}

export interface EarlyStopping {
  /** Default 'valLoss'. */
  monitor?: (typeof MONITORS)[number];
  /** Epochs without improvement before training stops. Default 0, as in Keras. */
  patience?: number;
  /** A smaller change is no improvement. Default 0. */
  minDelta?: number;
  /** Ends with the weights of the best epoch. Default true. */
  restoreBestWeights?: boolean;
}

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
  loss: number;
  accuracy: number;
}

export interface EpochLogs {
  loss: number;
  accuracy: number;
  top5?: number;
  valLoss?: number;
  valAccuracy?: number;
  valTop5?: number;
  /** Training and validation. */
  epochSeconds: number;
  /** Training alone. */
  imagesPerSecond: number;
  /** Of the last step. */
  learningRate: number;
}

/**
 * Called on the event loop while training goes on beside it; training does not wait for them. What one throws
 * stops the training and rejects `fit`.
 */
export interface Callbacks {
  onTrainBegin?(info: TrainBegin): void;
  /** About ten times a second. */
  onBatchEnd?(logs: BatchLogs): void;
  onEpochEnd?(epoch: number, logs: EpochLogs): void;
}

export interface FitOptions extends Omit<RunOptions, 'batchSize'> {
  /**
   * Images a step. 'auto' takes the smallest batch that trains at nearly full speed here, at most a sixteenth of
   * the images: `onTrainBegin` tells which; give that number to resume. Default 32.
   */
  batchSize?: number | 'auto';
  /** Default 1. */
  epochs?: number;
  validationData?: Dataset | undefined;
  /** A new order of the images every epoch. Default true. */
  shuffle?: boolean;
  /** Of order, augmentation and dropout: the same seed repeats a run exactly on one device. Default 0. */
  seed?: number;
  /** 'standard' is random resized crop, flip and colour jitter. Default 'none'. */
  augment?: Augmentation;
  /** So many augmented views of each image, used in turns, so that they can be kept. Default 0: a new one each epoch. */
  cacheViews?: number;
  /** Whether the outputs of the frozen layers are kept from epoch to epoch. Default 'auto'. */
  cache?: CacheMode | CacheOptions;
  /** 'auto' weighs the classes inversely to their numbers of images; or a weight by class name. */
  classWeight?: 'auto' | Readonly<Record<string, number>> | undefined;
  earlyStopping?: EarlyStopping | undefined;
  /** Batches whose gradients are averaged into one optimizer step. Default 1. */
  accumulationSteps?: number;
  /** Largest 2-norm of all gradients together. Default: not clipped. */
  clipNorm?: number | undefined;
  /** Where the run's state is saved after every epoch and when it is aborted; `resume` goes on from there. */
  checkpoint?: { directory: string; resume?: boolean } | undefined;
  callbacks?: Callbacks;
}

const RUN_OPTIONS = ['batchSize', 'precision', 'threads', 'maxSkippedShare', 'signal'] as const;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function runOptions(where: string, options: RunOptions, others: readonly string[] = []) {
  knownOptions(where, options, [...RUN_OPTIONS, ...others]);
  return {
    batchSize: positiveInteger('batchSize', options.batchSize ?? 32),
    precision: oneOf('precision', options.precision ?? 'auto', PRECISIONS),
    threads: nonNegativeInteger('threads', options.threads ?? 0),
    maxSkippedShare: numberIn('maxSkippedShare', options.maxSkippedShare ?? 0.1, 0, 1),
  };
}

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function fitOptions(options: FitOptions) {
  const { batchSize = 32, ...others } = options;
  const auto = batchSize === 'auto';
  const run = runOptions('fit', auto ? others : { ...others, batchSize }, [
    'epochs',
    'validationData',
    'shuffle',
    'seed',
    'augment',
    'cacheViews',
    'cache',
    'classWeight',
    'earlyStopping',
    'accumulationSteps',
    'clipNorm',
    'checkpoint',
    'callbacks',
  ]);
  return {
    ...run,
    batchSize: auto ? 0 : run.batchSize,
    epochs: positiveInteger('epochs', options.epochs ?? 1),
    shuffle: options.shuffle ?? true,
    seed: nonNegativeInteger('seed', options.seed ?? 0),
    augment: oneOf('augment', options.augment ?? 'none', AUGMENTATIONS),
    cacheViews: nonNegativeInteger('cacheViews', options.cacheViews ?? 0),
    cache: cacheOptions(options.cache),
    accumulationSteps: positiveInteger('accumulationSteps', options.accumulationSteps ?? 1),
    clipNorm: numberIn('clipNorm', options.clipNorm ?? 0, 0, Number.POSITIVE_INFINITY),
    earlyStopping: options.earlyStopping && earlyStopping(options.earlyStopping),
    checkpoint: options.checkpoint && checkpoint(options.checkpoint),
    batchEvents: options.callbacks?.onBatchEnd !== undefined,
  };
}

function earlyStopping(options: EarlyStopping) {
  knownOptions('earlyStopping', options, ['monitor', 'patience', 'minDelta', 'restoreBestWeights']);
  return {
    monitor: oneOf('monitor', options.monitor ?? 'valLoss', MONITORS),
    patience: nonNegativeInteger('patience', options.patience ?? 0),
    minDelta: numberIn('minDelta', options.minDelta ?? 0, 0, Number.POSITIVE_INFINITY),
    restoreBestWeights: options.restoreBestWeights ?? true,
  };
}

function checkpoint(options: { directory: string; resume?: boolean }) {
  knownOptions('checkpoint', options, ['directory', 'resume']);
  if (typeof options.directory !== 'string' || options.directory === '') {
    throw invalid('checkpoint.directory', 'the path of a folder', options.directory);
  }
  return { directory: options.directory, resume: options.resume ?? false };
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
  if (typeof option !== 'object') throw invalid('classWeight', `'auto' or an object of weights`, option);
  for (const name of Object.keys(option)) {
    if (!dataset.classes.includes(name)) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `classWeight names '${name}', which is no class of the data.`,
      );
    }
  }
  return dataset.classes.map((name) =>
    numberIn(`classWeight.${name}`, option[name] ?? 1, 0, Number.POSITIVE_INFINITY),
  );
}
