import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import { invalid } from '../validate.ts';

/** Encoded images in files, decoded while training. */
export interface FileSource {
  readonly kind: 'files';
  readonly paths: readonly string[];
}

/** Whole encoded image files (JPEG, PNG, ...) in memory. */
export interface EncodedSource {
  readonly kind: 'encoded';
  readonly images: readonly Uint8Array[];
}

/** [images, height, width, 3] */
export type PixelShape = readonly [number, number, number, number];

/**
 * Decoded images in memory, RGB, row by row. Bytes are sRGB and are resized, cropped and augmented as files are;
 * floats are taken as preprocessed and go to the network as they are.
 */
export interface PixelSource {
  readonly kind: 'pixels';
  readonly data: Uint8Array | Float32Array;
  readonly shape: PixelShape;
}

export type ImageSource = FileSource | EncodedSource | PixelSource;

/** A path, a whole encoded file, or a view of decoded pixels, [height, width, 3]. */
export type SourceImage =
  | string
  | Uint8Array
  | { readonly data: Uint8Array | Float32Array; readonly shape: readonly [number, number, number] };

/** Number of images. @throws ThawError ERR_INVALID_ARGUMENT where pixels and their shape do not fit together */
export function sourceSize(source: ImageSource): number {
  if (source.kind === 'files') return source.paths.length;
  if (source.kind === 'encoded') return source.images.length;
  const { data, shape } = source;
  if (shape.length !== 4 || shape[3] !== 3 || shape.some((side) => !Number.isSafeInteger(side) || side < 0)) {
    throw invalid('shape', '[images, height, width, 3]', shape);
  }
  const expected = shape[0] * strideOf(shape);
  if (data.length !== expected) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected ${expected} values for the shape [${shape.join(', ')}] but received ${data.length}.`,
    );
  }
  return shape[0];
}

export function sourceImage(source: ImageSource, index: number): SourceImage {
  if (source.kind === 'files') return source.paths[index] as string;
  if (source.kind === 'encoded') return source.images[index] as Uint8Array;
  const { data, shape } = source;
  const stride = strideOf(shape);
  const [, height, width, channels] = shape;
  return { data: data.subarray(index * stride, (index + 1) * stride), shape: [height, width, channels] };
}

export function sourceSubset(source: ImageSource, indices: readonly number[]): ImageSource {
  if (source.kind === 'files') return { kind: 'files', paths: indices.map((i) => source.paths[i] as string) };
  if (source.kind === 'encoded') {
    return { kind: 'encoded', images: indices.map((i) => source.images[i] as Uint8Array) };
  }
  const stride = strideOf(source.shape);
  const data = pixelArray(source.data, indices.length * stride);
  for (const [to, from] of indices.entries()) {
    data.set(source.data.subarray(from * stride, (from + 1) * stride), to * stride);
  }
  return { kind: 'pixels', data, shape: withCount(source.shape, indices.length) };
}

/** @throws ThawError ERR_INVALID_ARGUMENT for images of another kind or size */
export function joinSources(first: ImageSource, ...others: readonly ImageSource[]): ImageSource {
  const all = [first, ...others];
  if (first.kind === 'files') {
    return { kind: 'files', paths: all.flatMap((source) => alike(first, source).paths) };
  }
  if (first.kind === 'encoded') {
    return { kind: 'encoded', images: all.flatMap((source) => alike(first, source).images) };
  }
  const pixels = all.map((source) => alike(first, source));
  for (const { data, shape } of pixels) {
    if (shape.slice(1).join() !== first.shape.slice(1).join()) {
      throw invalid('shape', `[N, ${first.shape.slice(1).join(', ')}], as the first images have`, shape);
    }
    if (types.isUint8Array(data) !== types.isUint8Array(first.data)) {
      throw invalid('images', `a ${first.data.constructor.name}, as the first are`, data);
    }
  }
  const count = pixels.reduce((sum, { shape }) => sum + shape[0], 0);
  const data = pixelArray(first.data, count * strideOf(first.shape));
  let offset = 0;
  for (const part of pixels) {
    data.set(part.data, offset);
    offset += part.data.length;
  }
  return { kind: 'pixels', data, shape: withCount(first.shape, count) };
}

function alike<S extends ImageSource>(first: S, source: ImageSource): S {
  if (source.kind === first.kind) return source as S;
  throw new ThawError(
    'ERR_INVALID_ARGUMENT',
    `Images in ${words[first.kind]} and in ${words[source.kind]} cannot stand in one data set.`,
  );
}

const words = { files: 'files', encoded: 'encoded buffers', pixels: 'decoded pixels' } as const;

function strideOf([, height, width, channels]: PixelShape): number {
  return height * width * channels;
}

function withCount([, height, width, channels]: PixelShape, count: number): PixelShape {
  return [count, height, width, channels];
}

function pixelArray(like: Uint8Array | Float32Array, length: number): Uint8Array | Float32Array {
  return types.isUint8Array(like) ? new Uint8Array(length) : new Float32Array(length);
}
