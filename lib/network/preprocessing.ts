import type { NativePreprocessing } from '../native.ts';
import { load } from '../options/load.ts';
import type { Variant } from './architecture.ts';

export type { InputShape } from '../options/load.ts';

/** Of pixels in 0..1, RGB. */
const STATISTICS = {
  torchvision: { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] },
  // Caffe's, in which Keras' weights were trained: pixels in 0..255 less this mean. (Keras feeds blue first; the
  // first convolution's weights are kept with red first instead.)
  keras: {
    mean: [123.68 / 255, 116.779 / 255, 103.939 / 255],
    std: [1 / 255, 1 / 255, 1 / 255],
  },
} as const;

/**
 * ImageNet's preprocessing as torchvision does it: the shorter side to 8/7 of the input's (256 for 224), centre
 * crop, values 0..1, mean and standard deviation of ImageNet; or with the values of Keras' ResNet.
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function preprocessingFor(inputShape: unknown, variant: Variant = 'torchvision'): NativePreprocessing {
  const [height, width] = load.inputShape.kind.check('inputShape', inputShape);
  return {
    height,
    width,
    resize: Math.round((Math.min(height, width) * 256) / 224),
    mean: [...STATISTICS[variant].mean],
    std: [...STATISTICS[variant].std],
    decode: 'exact',
  };
}

/** The same values, decoded in the same way, at another size. @throws ThawError ERR_INVALID_ARGUMENT */
export function withShape(preprocessing: NativePreprocessing, inputShape: unknown): NativePreprocessing {
  const { mean, std, decode } = preprocessing;
  return { ...preprocessingFor(inputShape), mean, std, decode };
}
