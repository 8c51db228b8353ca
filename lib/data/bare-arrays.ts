import { ThawError } from '../errors.ts';

/**
 * The error for a call as Keras and TensorFlow.js write it, `fit(x, y)`, which has no place for the shape; undefined
 * where `args` are something else.
 * @param call names the function: `fit`
 */
export function explainBareArrays(call: string, args: readonly unknown[]): ThawError | undefined {
  const [images, labels] = args;
  if (!isValues(images) || (labels !== undefined && !isValues(labels))) return undefined;
  return new ThawError(
    'ERR_INVALID_ARGUMENT',
    `${call} takes images, their shape and their labels in one object: ${example(call)}.`,
  );
}

function example(call: string): string {
  const data = '{ images: Uint8Array, shape: [N, H, W, 3], labels }';
  return call === 'validationData' ? `validationData: ${data}` : `${call}(${data}, options)`;
}

function isValues(value: unknown): boolean {
  return ArrayBuffer.isView(value) || Array.isArray(value);
}
