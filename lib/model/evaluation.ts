import type { NativeEvaluation, NativeSkipped } from '../native-run.ts';
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
  /** The area under the curve of precision over recall, in steps; only where an image may have many labels. */
  averagePrecision?: number;
}

/**
 * The loss and every metric by name, and more. `accuracy`: of the images, those whose class is the most probable one; where
 * an image may have many labels, of the labels of all images those that are told right at a probability of 0.5. `top5`:
 * the class is among the five most probable ones; not where an image may have many labels.
 */
export type Evaluation = Record<'loss' | 'accuracy', number> &
  Partial<Record<MeasureName, number>> & {
    images: number;
    perClass: ClassScores[];
    /** Rows: the true class; columns: the predicted one. Empty where an image may have many labels. */
    confusionMatrix: number[][];
    skipped: SkippedImage[];
  };

export function makeEvaluation(native: NativeEvaluation, classes: readonly string[]): Evaluation {
  const size = Math.round(Math.sqrt(native.confusion.length));
  const confusionMatrix = Array.from({ length: size }, (_, row) =>
    native.confusion.slice(row * size, (row + 1) * size),
  );
  const { confusion: _, labels, ...values } = native;
  const perClass = confusionMatrix.map((row, index) => {
    const right = row[index] ?? 0;
    const predicted = confusionMatrix.reduce((sum, other) => sum + (other[index] ?? 0), 0);
    const support = row.reduce((sum, count) => sum + count, 0);
    return scores(classes[index] ?? String(index), right, predicted, support);
  });
  const perLabel = labels.map(
    ({ truePositives, falsePositives, falseNegatives, averagePrecision }, index) => ({
      ...scores(
        classes[index] ?? String(index),
        truePositives,
        truePositives + falsePositives,
        truePositives + falseNegatives,
      ),
      averagePrecision,
    }),
  );
  return { ...values, perClass: [...perClass, ...perLabel], confusionMatrix };
}

function scores(label: string, right: number, predicted: number, support: number): ClassScores {
  const precision = predicted === 0 ? 0 : right / predicted;
  const recall = support === 0 ? 0 : right / support;
  const f1 = precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall);
  return { label, precision, recall, f1, support };
}
