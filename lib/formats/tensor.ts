import { ThawError } from '../errors.ts';
import type { ModelFile, NamedTensor } from './model-file.ts';

/** A tensor that is to be written. @throws ThawError ERR_WEIGHTS_MISMATCH where it is missing or of another shape */
export function tensorNamed(
  tensors: ModelFile['tensors'],
  name: string,
  shape: readonly number[],
): NamedTensor {
  const tensor = tensors[name];
  const length = shape.reduce((product, size) => product * size, 1);
  if (tensor?.shape.join() === shape.join() && tensor.data.length === length) return tensor;
  const what = tensor ? `is of the shape [${tensor.shape}], not [${shape}]` : 'is missing';
  throw new ThawError('ERR_WEIGHTS_MISMATCH', `The model's tensor ${name} ${what}.`);
}
