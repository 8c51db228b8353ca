import type { MeasureName } from './options/metrics.ts';

/* What the addon tells of a run and gives at its end. */

export interface NativeSkipped {
  name: string;
  code: string;
  reason: string;
}

/** A file that was written to, or went, after it was first read. */
export interface NativeChanged {
  name: string;
  reason: string;
}

/** What is known of images before training; rows are of `samples`, the readable ones. */
export interface NativeExamined {
  skipped: NativeSkipped[];
  samples: number[];
  /** How many there are in a row of `nearest`, places in `samples`, nearest first. */
  neighbours: number;
  nearest: number[];
  cosines: number[];
  /** Rows of a value a class. */
  outside: number[];
}

/** Over the training images of an epoch: the loss and the accuracy always, the others where they were asked for. */
export type NativeMeasures = Record<'loss' | 'accuracy', number> & Partial<Record<MeasureName, number>>;

/** The same over the validation images: `valLoss`. */
export type NativeValidation = { [K in MeasureName as `val${Capitalize<K>}`]?: number };

export type NativeEpoch = NativeMeasures &
  NativeValidation & {
    images: number;
    /** Training and validation. */
    epochSeconds: number;
    /** Training alone. */
    imagesPerSecond: number;
    /** Of the last step. */
    learningRate: number;
  };

/** What is kept of one data set's features. */
export interface NativeCacheFacts {
  place: 'off' | 'device' | 'memory' | 'disk';
  /** Of all features, whether they are kept or not. */
  bytes: number;
  /** How many images' features, every view counted. */
  images: number;
  /** How many of them an earlier run has left in the file. */
  found: number;
  file?: string;
  /** Why it is off, or in memory where a file was wanted. */
  reason?: string;
}

export interface NativeBegin {
  /** Batches an epoch. */
  batches: number;
  batchSize: number;
  /** From 0; later than 0 with `initialEpoch`, or where a checkpoint was resumed. */
  startEpoch: number;
  trainableParameters: number;
  precision: string;
  /** The module below which everything is frozen, such as 'layer4.1'; '' where nothing is. */
  boundary: string;
  /** Where the outputs of the frozen layers are kept. */
  trainCache: NativeCacheFacts;
  validationCache: NativeCacheFacts;
  /** Of the first epoch: batches that are done already. */
  startBatch: number;
  /** Those that are done already, by the run that is gone on with. */
  epochs: NativeEpoch[];
  /** On the checkpoint that was found, or was not. */
  notes: string[];
}

/** What was proved of the frozen layers. */
export interface NativeFrozen {
  /** Weights and buffers. */
  tensors: number;
  /** How often all of them were found to be what they were, byte for byte: with each checkpoint and at the end. */
  checks: number;
  /** Of their values: the same in every run that trains on top of the same ones. */
  digest: string;
}

/** A place in an epoch. */
export interface NativeProgress {
  /** From 0. */
  epoch: number;
  /** From 0. */
  batch: number;
  /** Of how many. */
  batches: number;
}

/** Of the epoch so far. */
export interface NativeBatch extends NativeProgress {
  images: number;
  imagesPerSecond: number;
  /** Of the whole run, validation included: what later epochs find kept is counted as found. */
  secondsLeft: number;
  loss: number;
  accuracy: number;
}

export type NativeEvent =
  | ({ type: 'begin' } & NativeBegin)
  | ({ type: 'batch' } & NativeBatch)
  | ({ type: 'validation' } & NativeProgress)
  | ({ type: 'epoch'; epoch: number; last: boolean } & NativeEpoch);

/** Where the time of a run went, seconds. On a GPU only `total`, `waiting` and `validation` are told apart. */
export interface NativeTimeSpent {
  total: number;
  /** Training waited for images to be read and decoded. */
  waiting: number;
  /** Outputs of the frozen layers. */
  frozen: number;
  /** Keeping them and finding them again. */
  cache: number;
  /** Forward and backward of the trained layers, and the optimizer. */
  trained: number;
  /** All of it, waiting included. */
  validation: number;
  /** Copying what is saved, and waiting until the last of it is written. */
  checkpoint: number;
}

export interface NativeHistory {
  epochs: NativeEpoch[];
  frozen: NativeFrozen;
  /** Steps that were left out, with `nonFinite: 'skip'`. */
  skippedSteps: number;
  /** Which they were: the first hundred. */
  notes: string[];
  skipped: NativeSkipped[];
  changed: NativeChanged[];
  bestEpoch: number;
  stoppedEarly: boolean;
  /** Only with validation data: of the weights at the end. */
  evaluation?: NativeEvaluation;
  seconds: NativeTimeSpent;
  precision: string;
}

export type NativeEvaluation = Record<'loss' | 'accuracy', number> &
  Partial<Record<MeasureName, number>> & {
    images: number;
    /** Row by row: the label's row, the prediction's column; empty where an image may have many labels. */
    confusion: number[];
    /** One a class; only where an image may have many labels. */
    labels: {
      truePositives: number;
      falsePositives: number;
      falseNegatives: number;
      averagePrecision: number;
    }[];
    skipped: NativeSkipped[];
  };
