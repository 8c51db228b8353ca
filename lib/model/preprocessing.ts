import type { NativePreprocessing } from '../native.ts';
import { invalid } from '../validate.ts';

/** [height, width, 3], in pixels. */
export type InputShape = readonly [number, number, number];

/**
 * ImageNet's preprocessing as torchvision does it: the shorter side to 8/7 of the input's (256 for 224), centre
 * crop, values 0..1, mean and standard deviation of ImageNet.
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function preprocessingFor(inputShape: unknown): NativePreprocessing {
  const isShape =
    Array.isArray(inputShape) &&
    inputShape.length === 3 &&
    inputShape[2] === 3 &&
    inputShape.every((size) => Number.isSafeInteger(size)) &&
    inputShape[0] >= 32 &&
    inputShape[1] >= 32;
  if (!isShape) throw invalid('inputShape', '[height, width, 3] of at least 32 x 32 pixels', inputShape);
  const [height, width] = inputShape as unknown as InputShape;
  return {
    height,
    width,
    resize: Math.round((Math.min(height, width) * 256) / 224),
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  };
}
