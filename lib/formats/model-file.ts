import type { ModelDescription } from '../network/description.ts';

/** float32, row-major. */
export interface NamedTensor {
  data: Float32Array;
  shape: readonly number[];
}

/** A model as files hold it: what every reader gives and every writer takes. */
export interface ModelFile {
  description: ModelDescription;
  /**
   * By torchvision's names and in its shapes: `conv1.weight` [out, in, kh, kw], `bn1.running_mean` [channels],
   * `fc.weight` [out, in]; Keras' variant has `conv1.bias` and its kin. The head is `fc` where it is
   * linear (globalAveragePooling, dense), else `head.0`, `head.1`, ... counted over all its layers.
   * Counters of seen batches may be there or not.
   */
  tensors: Readonly<Record<string, NamedTensor>>;
}
