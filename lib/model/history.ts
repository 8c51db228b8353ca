import type { NativeEpoch, NativeHistory, NativeTimeSpent } from '../native.ts';
import { type Evaluation, makeEvaluation, type SkippedImage } from './evaluation.ts';
import type { EpochLogs } from './fit-options.ts';

/** Where the time of a run went. */
export type TimeSpent = NativeTimeSpent;

/** What a run has left behind; each list has one entry an epoch. */
export interface History {
  loss: number[];
  accuracy: number[];
  /** Only with the metric 'top5'. */
  top5?: number[];
  /** Empty without validation data. */
  valLoss: number[];
  valAccuracy: number[];
  valTop5?: number[];
  /** Training and validation. */
  epochSeconds: number[];
  /** Training alone. */
  imagesPerSecond: number[];
  learningRate: number[];
  skipped: SkippedImage[];
  /** Of the weights at the end, on the validation data; only with such data. */
  evaluation?: Evaluation;
  /** Where the time went. */
  seconds: TimeSpent;
  precision: string;
  device: string;
  stoppedEarly: boolean;
  /** From 0; only with early stopping. */
  bestEpoch?: number;
}

export function makeHistory(
  native: NativeHistory,
  device: string,
  classes: readonly string[],
  top5: boolean,
): History {
  const column = (name: keyof NativeEpoch) =>
    native.epochs.map((epoch) => epoch[name]).filter((value) => value !== undefined);
  return {
    loss: column('loss'),
    accuracy: column('accuracy'),
    ...(top5 && { top5: column('top5'), valTop5: column('valTop5') }),
    valLoss: column('valLoss'),
    valAccuracy: column('valAccuracy'),
    epochSeconds: column('epochSeconds'),
    imagesPerSecond: column('imagesPerSecond'),
    learningRate: column('learningRate'),
    skipped: native.skipped,
    ...(native.evaluation && { evaluation: makeEvaluation(native.evaluation, classes) }),
    seconds: native.seconds,
    precision: native.precision,
    device,
    stoppedEarly: native.stoppedEarly,
    ...(native.bestEpoch >= 0 && { bestEpoch: native.bestEpoch }),
  };
}

export function epochLogs(epoch: NativeEpoch, top5: boolean): EpochLogs {
  const { top5: right, valTop5, images: _, ...logs } = epoch;
  return { ...logs, ...(top5 && { top5: right, ...(valTop5 !== undefined && { valTop5 }) }) };
}
