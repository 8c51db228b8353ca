import { ThawError } from '../errors.ts';
import { closest, invalid, knownOptions, shortened } from '../validate.ts';
import { Dataset } from './dataset.ts';
import { compareCodePoints } from './order.ts';

/** Class indices, or class names. */
export type Labels = ArrayLike<number> | readonly string[];

export interface ImageBuffersOptions {
  labels: Labels;
  /** The class names in order. Optional with labels that are names: then they are sorted by code point. */
  classes?: readonly string[];
}

export interface ImageArrayOptions extends ImageBuffersOptions {
  /** [images, height, width, 3] */
  shape: readonly [number, number, number, number];
}

/**
 * A data set of decoded images.
 * @param data RGB values, row by row. Bytes are sRGB and are resized and augmented like files; floats are taken
 *   as preprocessed: they go to the network as they are, so `shape` must be its input shape.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DATA_EMPTY
 */
export function imageArray(data: Uint8Array | Float32Array, options: ImageArrayOptions): Dataset {
  if (!(data instanceof Uint8Array || data instanceof Float32Array)) {
    throw invalid('data', 'a Uint8Array or a Float32Array', data);
  }
  knownOptions('imageArray', options, ['shape', 'labels', 'classes']);
  if (!Array.isArray(options.shape)) throw invalid('shape', '[images, height, width, 3]', options.shape);
  return new Dataset({ ...labelled(options), source: { kind: 'pixels', data, shape: options.shape } });
}

/**
 * A data set of encoded images (whole JPEG, PNG, WebP... files) that are in memory already.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DATA_EMPTY
 */
export function imageBuffers(images: readonly Uint8Array[], options: ImageBuffersOptions): Dataset {
  if (!Array.isArray(images)) throw invalid('images', 'a list of Uint8Array', images);
  for (const [i, image] of images.entries()) {
    if (!(image instanceof Uint8Array)) throw invalid(`images[${i}]`, 'a Uint8Array', image);
  }
  knownOptions('imageBuffers', options, ['labels', 'classes']);
  return new Dataset({ ...labelled(options), source: { kind: 'encoded', images } });
}

function labelled({ labels, classes }: ImageBuffersOptions): {
  labels: number[];
  classes: readonly string[];
} {
  if (labels === null || typeof labels !== 'object' || typeof labels.length !== 'number') {
    throw invalid('labels', 'a list of class indices or class names', labels);
  }
  const given = Array.from(labels as ArrayLike<number | string>);
  if (given.some((label) => typeof label !== 'string')) {
    if (!classes) throw invalid('classes', 'the class names (labels are indices into them)', classes);
    return { labels: given as number[], classes };
  }
  const names = given as string[];
  const known = classes ?? [...new Set(names)].sort(compareCodePoints);
  return { labels: labelIndices(names, known), classes: known };
}

/** The index of each name in `classes`. */
export function labelIndices(names: readonly string[], classes: readonly string[]): number[] {
  const index = new Map(classes.map((name, i) => [name, i]));
  return names.map((name, i) => {
    const found = index.get(name);
    if (found !== undefined) return found;
    const nearest = closest(name, classes);
    const hint = nearest ? `; did you mean '${nearest}'?` : '.';
    throw new ThawError(
      'ERR_DATA_UNKNOWN_CLASS',
      `labels[${i}] is '${shortened(name)}', which is none of the classes${hint}`,
    );
  });
}
