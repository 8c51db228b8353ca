import { types } from 'node:util';
import { invalid, knownOptions } from '../validate.ts';
import { Dataset } from './dataset.ts';
import { type LabelOptions, readLabels } from './given-labels.ts';
import type { PixelShape } from './source.ts';

export interface ImageBuffersOptions extends LabelOptions {
  /** How much each image counts in the loss: one an image, finite, at least 0, not all 0. */
  sampleWeights?: ArrayLike<number> | undefined;
}

export interface ImageArrayOptions extends ImageBuffersOptions {
  /** [images, height, width, 3] */
  shape: PixelShape;
}

const labelOptions = ['labels', 'classes', 'multiLabel', 'sampleWeights'];

/**
 * A data set of decoded images.
 * @param data RGB values, row by row. Bytes are sRGB and are resized and augmented like files; floats are taken
 *   as preprocessed: they go to the network as they are, so `shape` must be its input shape.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DATA_UNKNOWN_CLASS, ERR_DATA_EMPTY
 */
export function imageArray(data: Uint8Array | Float32Array, options: ImageArrayOptions): Dataset {
  if (!(types.isUint8Array(data) || types.isFloat32Array(data))) {
    throw invalid('data', 'a Uint8Array or a Float32Array', data);
  }
  knownOptions('imageArray', options, ['shape', ...labelOptions]);
  const { shape, sampleWeights } = options;
  if (!Array.isArray(shape)) throw invalid('shape', '[images, height, width, 3]', shape);
  const source = { kind: 'pixels', data, shape: shape as unknown as PixelShape } as const;
  return new Dataset({ ...readLabels(options, shape[0]), sampleWeights, source });
}

/**
 * A data set of encoded images (whole JPEG, PNG, WebP... files) that are in memory already.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DATA_UNKNOWN_CLASS, ERR_DATA_EMPTY
 */
export function imageBuffers(images: readonly Uint8Array[], options: ImageBuffersOptions): Dataset {
  if (!Array.isArray(images)) throw invalid('images', 'a list of Uint8Array', images);
  for (const [i, image] of images.entries()) {
    if (!types.isUint8Array(image)) throw invalid(`images[${i}]`, 'a Uint8Array', image);
  }
  knownOptions('imageBuffers', options, labelOptions);
  const { sampleWeights } = options;
  return new Dataset({
    ...readLabels(options, images.length),
    sampleWeights,
    source: { kind: 'encoded', images },
  });
}
