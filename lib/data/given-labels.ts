import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import { closest, invalid, listed, shortened } from '../validate.ts';
import type { DatasetParts } from './dataset.ts';
import { compareCodePoints } from './order.ts';

/** Rows of [images, classes], one after the other. */
export interface LabelRows {
  data: Float32Array;
  shape: readonly [number, number];
}

/**
 * One an image: its class' index or name, its row of [classes] (one-hot, shares that sum to 1, or 0 and 1), or the names
 * of all its classes. Rows may also stand one after the other in a single array.
 */
export type Labels =
  | ArrayLike<number>
  | readonly string[]
  | readonly ArrayLike<number>[]
  | readonly (readonly string[])[]
  | LabelRows;

export interface LabelOptions {
  labels: Labels;
  /**
   * The class names in order. Without them, those in `labels` are sorted by code point; rows have `0`, `1`, ... for
   * names; indices are refused.
   */
  classes?: readonly string[] | undefined;
  /** An image may be of several classes, or of none. Names of several classes say so themselves. */
  multiLabel?: boolean | undefined;
}

type Labelled = Pick<DatasetParts, 'classes' | 'labels' | 'targets'>;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_DATA_UNKNOWN_CLASS */
export function readLabels({ labels, classes, multiLabel = false }: LabelOptions, images: number): Labelled {
  const given = labelItems(labels, images);
  if (given.length !== images) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected one label an image but received ${given.length} labels for ${images} images.`,
    );
  }
  if (given.some(isNames)) return named(given, classes);
  if (given.some(isRow)) return fromRows(given, classes, multiLabel);
  if (given.every((label) => typeof label === 'string')) {
    const names: readonly string[] = given;
    const known = classes ?? sortedNames(names);
    const indices = labelIndices(names, known);
    return multiLabel
      ? severalOf(
          indices.map((index) => [index]),
          known,
        )
      : { classes: known, labels: indices };
  }
  if (!classes) throw invalid('classes', 'the class names (labels are indices into them)', classes);
  if (!multiLabel) return { classes, labels: given as number[] };
  return severalOf(
    given.map((label) => [label as number]),
    classes,
  );
}

/** Rows of 0 and 1: 1 for each class of an image. */
export function severalOf(indices: readonly (readonly number[])[], classes: readonly string[]): Labelled {
  const values = new Float32Array(indices.length * classes.length);
  for (const [i, ofImage] of indices.entries()) {
    for (const index of ofImage) {
      if (!Number.isInteger(index) || index < 0 || index >= classes.length) {
        throw invalid(`labels[${i}]`, `a class index from 0 to ${classes.length - 1}`, index);
      }
      values[i * classes.length + index] = 1;
    }
  }
  return { classes, targets: { kind: 'multiLabel', values } };
}

export function sortedNames(names: Iterable<string>): string[] {
  return [...new Set(names)].sort(compareCodePoints);
}

/** The index of each name in `classes`. @throws ThawError ERR_DATA_UNKNOWN_CLASS */
export function labelIndices(names: readonly string[], classes: readonly string[]): number[] {
  const indexOf = classIndex(classes);
  return names.map((name, i) => indexOf(name, `labels[${i}] is`));
}

/** Finds a class' index; `where` begins the sentence for a name that is none: `labels[3] is`. */
export function classIndex(classes: readonly string[]): (name: string, where: string) => number {
  const index = new Map(classes.map((name, i) => [name, i]));
  return (name, where) => {
    const found = index.get(name);
    if (found !== undefined) return found;
    const nearest = closest(name, classes);
    throw new ThawError(
      'ERR_DATA_UNKNOWN_CLASS',
      `${where} '${shortened(name)}', which is none of the ${classes.length} classes${
        nearest ? `; did you mean '${nearest}'?` : ` (${listed(classes)}).`
      }`,
    );
  };
}

/** One an image: rows that stand one after the other are cut. */
export function labelItems(labels: Labels, images: number): readonly unknown[] {
  const expected = 'a list of class indices, class names, or rows of [classes]';
  if (labels === null || typeof labels !== 'object') throw invalid('labels', expected, labels);
  if ('data' in labels && 'shape' in labels) {
    const { data, shape } = labels;
    if (!types.isFloat32Array(data) || !Array.isArray(shape) || shape.length !== 2) {
      throw invalid('labels', '{ data: Float32Array, shape: [images, classes] }', data);
    }
    return cut(data, shape[0] as number, shape[1] as number);
  }
  if (typeof labels.length !== 'number') throw invalid('labels', expected, labels);
  const width = labels.length / images;
  if (ArrayBuffer.isView(labels) && Number.isInteger(width) && width > 1)
    return cut(labels as unknown as ArrayLike<number>, images, width);
  return Array.from(labels as ArrayLike<unknown>);
}

function cut(data: ArrayLike<number>, rows: number, width: number): ArrayLike<number>[] {
  if (data.length !== rows * width) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected ${rows * width} values for labels of the shape [${rows}, ${width}] but received ${data.length}.`,
    );
  }
  const values = data as Float32Array;
  return Array.from({ length: rows }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

function isRow(label: unknown): label is ArrayLike<number> {
  return (
    typeof label === 'object' && label !== null && typeof (label as ArrayLike<number>).length === 'number'
  );
}

function isNames(label: unknown): boolean {
  return Array.isArray(label) && label.some((name) => typeof name === 'string');
}

/** Lists of class names: empty ones are of no class. */
function named(given: readonly unknown[], classes: readonly string[] | undefined): Labelled {
  const lists = given.map((label, i) => {
    if (Array.isArray(label) && label.every((name) => typeof name === 'string')) return label as string[];
    throw invalid(`labels[${i}]`, 'a list of class names, as others are', label);
  });
  const known = classes ?? sortedNames(lists.flat());
  const indexOf = classIndex(known);
  return severalOf(
    lists.map((names, i) => names.map((name) => indexOf(name, `labels[${i}] holds`))),
    known,
  );
}

function fromRows(
  given: readonly unknown[],
  classes: readonly string[] | undefined,
  multiLabel: boolean,
): Labelled {
  const first = given.find(isRow) as ArrayLike<number>;
  // [images, 1] holds indices, as Keras' sparse and binary labels do.
  const width = first.length === 1 ? 1 : (classes?.length ?? first.length);
  const rows = given.map((row, i) => {
    if (isRow(row) && row.length === width) return row;
    throw invalid(`labels[${i}]`, `a row of ${width} values, one a class`, row);
  });
  if (width === 1) {
    return readLabels({ labels: rows.map((row) => row[0] as number), classes, multiLabel }, rows.length);
  }
  const names = classes ?? Array.from({ length: width }, (_, i) => String(i));
  const values = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) values.set(row, i * width);
  if (multiLabel) return { classes: names, targets: { kind: 'multiLabel', values } };
  if (values.some((value) => value !== 0 && value !== 1)) {
    return { classes: names, targets: { kind: 'shares', values } };
  }
  const labels = rows.map((row, i) => {
    const ones = Array.from(row).filter((value) => value === 1).length;
    if (ones === 1) return Array.from(row).indexOf(1);
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `labels[${i}] is of ${ones} classes: give multiLabel: true where an image may be of several or of none.`,
    );
  });
  return { classes: names, labels };
}
