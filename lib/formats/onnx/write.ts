import { ThawError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { formatBytes } from '../../files/format.ts';
import { knownOptions, oneOf } from '../../validate.ts';
import type { ModelFile } from '../model-file.ts';
import { encodeModel } from './encode.ts';
import { onnxGraph } from './graph.ts';
import { INPUTS, type Input } from './input.ts';
import { byteLength } from './proto.ts';

export interface OnnxOptions {
  /**
   * 'float32': `input` [batch, 3, height, width], RGB, preprocessed by the caller (pixels in 0..1, less the mean,
   * divided by the standard deviation), as of models exported from torchvision. 'uint8': `image` [batch, height,
   * width, 3], RGB pixels as decoded; the graph normalises them itself. Default 'float32'.
   */
  input?: Input;
}

/** Readers of protobuf take no message of 2 GiB. */
const LARGEST = 2 ** 31 - 1;

/**
 * Writes a model as ONNX (opset 17), for any size of batch. Its output, [batch, classes], is what the last layer
 * gives: `logits` where that is linear (torchvision's networks; the softmax is the caller's), `probabilities` after
 * softmax or sigmoid, `features` where it does not classify (a network without a head gives [batch, channels,
 * height, width]). The metadata has `classes` (names, a JSON list) and `preprocessing` (JSON: height, width and
 * the length to which the shorter side is resized before the centre crop, in pixels; mean and std of RGB in 0..1).
 * @throws ThawError ERR_WEIGHTS_MISMATCH, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_DISK_FULL, ERR_WRITE_FAILED
 *   (also where the model is larger than ONNX's 2 GiB); an older file is then untouched
 */
export async function writeOnnx(path: string, model: ModelFile, options: OnnxOptions = {}): Promise<void> {
  knownOptions('writeOnnx', options, ['input']);
  const input = oneOf('input', options.input ?? 'float32', INPUTS);
  const { classes, preprocessing } = model.description;
  const pieces = encodeModel(onnxGraph(model, input), {
    classes: JSON.stringify(classes),
    preprocessing: JSON.stringify(preprocessing),
  });
  const size = byteLength(pieces);
  if (size > LARGEST) {
    throw new ThawError(
      'ERR_WRITE_FAILED',
      `Cannot write ${path}: the model needs ${formatBytes(size)}, and an ONNX file holds ${formatBytes(LARGEST)}.`,
    );
  }
  await writeAtomically(path, pieces);
}
