import type { NativeEvaluation, NativeSkipped } from '../native.ts';
import type { MeasureName } from '../options/metrics.ts';

/** An image that could not be read, and why. */
export type SkippedImage = NativeSkipped;

export interface ClassScores {
  label: string;
  /** Of the images predicted as this class, the share that is of it; 0 where none was predicted. */
  precision: number;
  /** Of the images of this class, the share that was predicted as it; 0 where there is none. */
  recall: number;
  /** Harmonic mean of precision and recall. */
  f1: number;
  /** Images of this class. */
  support: number;
}

/** The loss and every metric by name (`top5`: the label is among the five most probable classes), and more. */
export type Evaluation = Record<MeasureName, number> & {
  images: number;
  perClass: ClassScores[];
  /** Rows: the true class; columns: the predicted one. */
  confusionMatrix: number[][];
  skipped: SkippedImage[];
};

export function makeEvaluation(native: NativeEvaluation, classes: readonly string[]): Evaluation {
  const size = Math.round(Math.sqrt(native.confusion.length));
  const confusionMatrix = Array.from({ length: size }, (_, row) =>
    native.confusion.slice(row * size, (row + 1) * size),
  );
  const { confusion: _, ...values } = native;
  const perClass = confusionMatrix.map((row, index) =>
    scores(classes[index] ?? String(index), confusionMatrix, row, index),
  );
  return { ...values, perClass, confusionMatrix };
}

function scores(
  label: string,
  matrix: readonly number[][],
  row: readonly number[],
  index: number,
): ClassScores {
  const right = row[index] ?? 0;
  const support = row.reduce((sum, count) => sum + count, 0);
  const predicted = matrix.reduce((sum, other) => sum + (other[index] ?? 0), 0);
  const precision = predicted === 0 ? 0 : right / predicted;
  const recall = support === 0 ? 0 : right / support;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { label, precision, recall, f1, support };
}
