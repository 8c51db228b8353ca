import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import type { NativeDataset, NativeTensor } from '../native.ts';
import type { predict } from '../options/run.ts';
import type { Given } from '../options/table.ts';
import { reasonOf } from '../reason.ts';
import { invalid } from '../validate.ts';

export interface LabelProbability {
  /** The class name, or its index as text where the names are not known. */
  label: string;
  index: number;
  /** 0 to 1. */
  probability: number;
}

/** The most probable class, and the first `topK` of them. */
export interface Prediction extends LabelProbability {
  top: LabelProbability[];
  /** Those above `threshold`, the most probable first; only of a model whose images may have many labels. */
  labels?: LabelProbability[];
}

/** A dense array, row by row. */
export interface Tensor {
  data: Float32Array;
  shape: readonly number[];
}

/** Paths and whole image files in memory, or decoded RGB bytes of shape [N, H, W, 3]. */
export type PredictInput = readonly (string | Uint8Array)[] | { data: Uint8Array; shape: readonly number[] };

export type PredictOptions = Given<typeof predict>;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_IMAGE_READ */
export function predictDataset(input: PredictInput): NativeDataset {
  if (!Array.isArray(input)) {
    const { data, shape } = input as { data: Uint8Array; shape: readonly number[] };
    if (!types.isUint8Array(data) || !isImageShape(shape, data.length)) {
      throw invalid('images', 'paths, buffers, or { data: Uint8Array, shape: [N, H, W, 3] }', input);
    }
    return { pixels: data, shape };
  }
  const list = input as readonly (string | Uint8Array)[];
  if (list.length === 0) throw invalid('images', 'at least one image', list);
  for (const [i, image] of list.entries()) {
    if (typeof image !== 'string' && !types.isUint8Array(image)) {
      throw invalid(`images[${i}]`, 'a path or a Uint8Array', image);
    }
  }
  if (list.every((image) => typeof image === 'string')) return { paths: list };
  return { images: list.map((image) => (typeof image === 'string' ? readImage(image) : image)) };
}

/** Probabilities [images, classes] -> for each image its most probable classes. */
export function makePredictions(
  probabilities: NativeTensor,
  classes: readonly string[],
  topK: number,
  /** One a class, of a model whose images may have many labels. */
  thresholds: readonly number[] | undefined,
): Prediction[] {
  const [images = 0, width = 0] = probabilities.shape;
  return Array.from({ length: images }, (_, image) => {
    const row = probabilities.data.subarray(image * width, (image + 1) * width);
    const order = Array.from(row.keys()).sort((a, b) => (row[b] ?? 0) - (row[a] ?? 0));
    const all = order.map((index) => ({
      label: classes[index] ?? String(index),
      index,
      probability: row[index] ?? 0,
    }));
    const top = all.slice(0, topK);
    const labels =
      thresholds && all.filter(({ index, probability }) => probability > (thresholds[index] ?? 1));
    return { ...(top[0] as LabelProbability), top, ...(labels && { labels }) };
  });
}

export function isImageShape(shape: readonly number[], length: number): boolean {
  return (
    Array.isArray(shape) &&
    shape.length === 4 &&
    shape[3] === 3 &&
    shape.every((size) => Number.isSafeInteger(size) && size > 0) &&
    shape.reduce((product, size) => product * size, 1) === length
  );
}

function readImage(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ThawError('ERR_IMAGE_READ', `Cannot read ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}
