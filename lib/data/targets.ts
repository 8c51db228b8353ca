import { ThawError } from '../errors.ts';
import { invalid } from '../validate.ts';

/**
 * What an image is of. `classes`: of exactly one class. `shares`: of several by shares that sum to 1 (soft labels).
 * `multiLabel`: of any of the classes, of none as well.
 */
export type TargetKind = 'classes' | 'shares' | 'multiLabel';

/** Rows of [images, classes], one after the other. */
export interface TargetRows {
  readonly kind: 'shares' | 'multiLabel';
  readonly values: ArrayLike<number>;
}

/** float32 keeps seven digits of each share. */
const tolerance = 1e-4;

/** A copy of the labels. @throws ThawError ERR_INVALID_ARGUMENT for what is no class index */
export function checkLabels(labels: ArrayLike<number>, size: number, classCount: number): Int32Array {
  if (labels.length !== size) throw unequal('label', labels.length, size);
  for (let i = 0; i < size; i++) {
    const label = labels[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classCount) {
      throw invalid(`labels[${i}]`, `a class index from 0 to ${classCount - 1}`, label);
    }
  }
  return Int32Array.from(labels);
}

/** A copy of the rows. @throws ThawError ERR_INVALID_ARGUMENT, naming the first row that cannot be used */
export function checkRows({ kind, values }: TargetRows, size: number, classCount: number): Float32Array {
  if (kind !== 'shares' && kind !== 'multiLabel') {
    throw invalid('targets.kind', "one of 'shares', 'multiLabel'", kind);
  }
  if (values.length !== size * classCount) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected ${size * classCount} targets for ${size} images of ${classCount} classes but received ${values.length}.`,
    );
  }
  for (let row = 0; row < size; row++) {
    let sum = 0;
    for (let column = 0; column < classCount; column++) {
      const value = values[row * classCount + column] as number;
      if (kind === 'multiLabel' ? value !== 0 && value !== 1 : !(value >= 0 && value <= 1)) {
        const expected = kind === 'multiLabel' ? '0 or 1' : 'a share from 0 to 1';
        throw invalid(`labels[${row}][${column}]`, expected, value);
      }
      sum += value;
    }
    if (kind === 'shares' && Math.abs(sum - 1) > tolerance) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `Expected shares that sum to 1 for labels[${row}] but they sum to ${Number(sum.toPrecision(6))}.`,
      );
    }
  }
  return Float32Array.from(values);
}

/** A copy of the weights. @throws ThawError ERR_INVALID_ARGUMENT */
export function checkSampleWeights(weights: ArrayLike<number>, size: number): Float32Array {
  if (weights.length !== size) throw unequal('sample weight', weights.length, size);
  const checked = Float32Array.from(weights);
  for (const [i, weight] of checked.entries()) {
    if (!(weight >= 0 && Number.isFinite(weight))) {
      throw invalid(`sampleWeights[${i}]`, 'a finite number of at least 0', weights[i]);
    }
  }
  if (size > 0 && checked.every((weight) => weight === 0)) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Expected a weight above 0 among sampleWeights: all are 0.');
  }
  return checked;
}

/** Rows with a single 1. */
export function oneHot(labels: Int32Array, classCount: number): Float32Array {
  const rows = new Float32Array(labels.length * classCount);
  for (const [i, label] of labels.entries()) rows[i * classCount + label] = 1;
  return rows;
}

/** Rows of `width` values, picked by `order`. */
export function pickRows(rows: Float32Array, width: number, order: readonly number[]): Float32Array {
  const picked = new Float32Array(order.length * width);
  for (const [to, from] of order.entries()) {
    picked.set(rows.subarray(from * width, (from + 1) * width), to * width);
  }
  return picked;
}

/** Rows of `width` values whose column `columns[i]` is column `i` of the rows given; the others are 0. */
export function movedColumns(rows: Float32Array, columns: readonly number[], width: number): Float32Array {
  const count = rows.length / columns.length;
  const moved = new Float32Array(count * width);
  for (let row = 0; row < count; row++) {
    for (const [from, to] of columns.entries()) {
      moved[row * width + to] = rows[row * columns.length + from] as number;
    }
  }
  return moved;
}

function unequal(what: string, count: number, size: number): ThawError {
  return new ThawError(
    'ERR_INVALID_ARGUMENT',
    `Expected one ${what} an image but received ${count} ${what}s for ${size} images.`,
  );
}
