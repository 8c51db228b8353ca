import { ThawError } from '../errors.ts';
import { invalid, shortened } from '../validate.ts';

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

/**
 * Decoded images in memory, RGB, `shape` = [N, H, W, 3]. Bytes are sRGB and are resized, cropped and augmented
 * as files are; floats are taken as preprocessed and go to the network as they are.
 */
export interface PixelSource {
  readonly kind: 'pixels';
  readonly data: Uint8Array | Float32Array;
  readonly shape: readonly [number, number, number, number];
}

export type ImageSource = FileSource | EncodedSource | PixelSource;

export interface DatasetParts {
  /** The class names; a label is an index into them. */
  classes: readonly string[];
  /** One class index an image. */
  labels: ArrayLike<number>;
  source: ImageSource;
}

/**
 * Labelled images: what `fit` and `evaluate` take. Immutable; the images themselves are neither read nor copied
 * here. Made by `imageFolder`, `imageListing`, `imageArray` and `imageBuffers`.
 */
export class Dataset {
  readonly classes: readonly string[];
  readonly labels: Int32Array;
  readonly source: ImageSource;

  /**
   * @throws ThawError ERR_INVALID_ARGUMENT where labels, classes and images do not fit together,
   *   ERR_DATA_EMPTY where there is no image.
   */
  constructor({ classes, labels, source }: DatasetParts) {
    checkClasses(classes);
    const size = sourceSize(source);
    if (labels.length !== size) {
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `Expected one label an image but received ${labels.length} labels for ${size} images.`,
      );
    }
    if (size === 0) throw new ThawError('ERR_DATA_EMPTY', 'The data set holds no images.');
    for (let i = 0; i < size; i++) {
      const label = labels[i];
      if (!Number.isInteger(label) || (label as number) < 0 || (label as number) >= classes.length) {
        throw invalid(`labels[${i}]`, `a class index from 0 to ${classes.length - 1}`, label);
      }
    }
    this.classes = Object.freeze([...classes]);
    this.labels = Int32Array.from(labels);
    this.source = source;
  }

  /** An image may have many of the classes. */
  get multiLabel(): boolean {
    return false;
  }

  /** Number of images. */
  get size(): number {
    return this.labels.length;
  }

  /** Number of images of each class, in the order of `classes`. */
  classCounts(): number[] {
    const counts = new Array<number>(this.classes.length).fill(0);
    for (const label of this.labels) counts[label] = (counts[label] ?? 0) + 1;
    return counts;
  }

  /**
   * The images at `indices`, in that order, with the same classes; an index may occur more than once.
   * Pixels are copied, files and encoded images are not.
   * @throws ThawError ERR_INVALID_ARGUMENT for an index outside the data set, ERR_DATA_EMPTY for none at all.
   */
  subset(indices: ArrayLike<number>): Dataset {
    const chosen = Array.from(indices);
    for (const [i, index] of chosen.entries()) {
      if (!Number.isInteger(index) || index < 0 || index >= this.size) {
        throw invalid(`indices[${i}]`, `an image index from 0 to ${this.size - 1}`, index);
      }
    }
    const labels = chosen.map((index) => this.labels[index] as number);
    return new Dataset({ classes: this.classes, labels, source: subsetOf(this.source, chosen) });
  }
}

function checkClasses(classes: readonly string[]): void {
  if (!Array.isArray(classes) || classes.length === 0)
    throw invalid('classes', 'a list of class names', classes);
  const seen = new Set<string>();
  for (const [i, name] of classes.entries()) {
    if (typeof name !== 'string' || name === '') throw invalid(`classes[${i}]`, 'a class name', name);
    if (seen.has(name))
      throw new ThawError(
        'ERR_INVALID_ARGUMENT',
        `The class name '${shortened(name)}' occurs twice in classes.`,
      );
    seen.add(name);
  }
}

function sourceSize(source: ImageSource): number {
  if (source.kind === 'files') return source.paths.length;
  if (source.kind === 'encoded') return source.images.length;
  const { data, shape } = source;
  if (shape.length !== 4 || shape[3] !== 3 || shape.some((side) => !Number.isSafeInteger(side) || side < 0)) {
    throw invalid('shape', '[images, height, width, 3]', shape);
  }
  const expected = shape[0] * shape[1] * shape[2] * shape[3];
  if (data.length !== expected) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected ${expected} values for the shape [${shape.join(', ')}] but received ${data.length}.`,
    );
  }
  return shape[0];
}

function subsetOf(source: ImageSource, indices: readonly number[]): ImageSource {
  if (source.kind === 'files') return { kind: 'files', paths: indices.map((i) => source.paths[i] as string) };
  if (source.kind === 'encoded') {
    return { kind: 'encoded', images: indices.map((i) => source.images[i] as Uint8Array) };
  }
  const [, height, width, channels] = source.shape;
  const stride = height * width * channels;
  const Pixels = source.data instanceof Uint8Array ? Uint8Array : Float32Array;
  const data = new Pixels(indices.length * stride);
  for (const [to, from] of indices.entries()) {
    data.set(source.data.subarray(from * stride, (from + 1) * stride), to * stride);
  }
  return { kind: 'pixels', data, shape: [indices.length, height, width, channels] };
}
