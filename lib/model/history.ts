import type {
  NativeChanged,
  NativeEpoch,
  NativeFrozen,
  NativeHistory,
  NativeTimeSpent,
  NativeValidation,
} from '../native-run.ts';
import { type MeasureName, validated } from '../options/metrics.ts';
import type { EpochLogs } from './callbacks.ts';
import { type Evaluation, makeEvaluation, type SkippedImage } from './evaluation.ts';

/** Where the time of a run went. */
export type TimeSpent = NativeTimeSpent;

type Columns<T> = { [K in keyof T]: number[] };

/**
 * What a run has left behind; each list has one entry an epoch. Metrics beside the accuracy are there where they were
 * asked for; the lists of validation are empty without validation data.
 */
export type History = Columns<Omit<EpochLogs, keyof NativeValidation>> &
  Columns<NativeValidation> & {
    /** The epochs' numbers, from 0: those of this call of `fit`. */
    epoch: number[];
    valLoss: number[];
    valAccuracy: number[];
    skipped: SkippedImage[];
    /** What was proved of the frozen layers. */
    frozen: NativeFrozen;
    /** Steps that were left out with `nonFinite: 'skip'`, and which they were. */
    skippedSteps: number;
    notes: string[];
    /** Files that were written to, or went, after they were first read. */
    changed: NativeChanged[];
    /** Of the weights at the end, on the validation data; only with such data. */
    evaluation?: Evaluation;
    /** Where the time went. */
    seconds: TimeSpent;
    precision: string;
    device: string;
    stoppedEarly: boolean;
    /** From 0; only with early stopping. */
    bestEpoch?: number;
  };

export function makeHistory(
  native: NativeHistory,
  device: string,
  classes: readonly string[],
  metrics: readonly MeasureName[],
  initialEpoch: number,
): History {
  const column = (name: keyof NativeEpoch) =>
    native.epochs.map((epoch) => epoch[name]).filter((value) => value !== undefined);
  const columns = (names: readonly (keyof NativeEpoch)[]) =>
    Object.fromEntries(names.map((name) => [name, column(name)]));
  const measured: readonly MeasureName[] = ['loss', 'accuracy', ...metrics];
  return {
    epoch: native.epochs.map((_, i) => initialEpoch + i),
    loss: column('loss'),
    accuracy: column('accuracy'),
    ...columns(measured),
    valLoss: column('valLoss'),
    valAccuracy: column('valAccuracy'),
    ...columns(measured.map(validated)),
    epochSeconds: column('epochSeconds'),
    imagesPerSecond: column('imagesPerSecond'),
    learningRate: column('learningRate'),
    skipped: native.skipped,
    frozen: native.frozen,
    skippedSteps: native.skippedSteps,
    notes: native.notes,
    changed: native.changed,
    ...(native.evaluation && { evaluation: makeEvaluation(native.evaluation, classes) }),
    seconds: native.seconds,
    precision: native.precision,
    device,
    stoppedEarly: native.stoppedEarly,
    ...(native.bestEpoch >= 0 && { bestEpoch: initialEpoch + native.bestEpoch }),
  };
}
