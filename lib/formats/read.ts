import { stat } from 'node:fs/promises';
import { type NativeWeights, native, settle } from '../native.ts';
import { type ModelDescription, readDescription } from '../network/description.ts';
import { isKeras } from './keras/is-keras.ts';
import type { ModelFile } from './model-file.ts';

/** A weights file that has been read, and what it says of its model, where it does. */
export interface ReadWeights {
  weights: NativeWeights;
  description: ModelDescription | undefined;
}

/**
 * Reads weights in any format, told apart by content: TorchScript, PyTorch state dicts and checkpoints, safetensors
 * (one file, or the index of several) natively; files of Keras; a `model.json` of TensorFlow.js, or its folder.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH, ERR_IO
 */
export async function readWeights(path: string): Promise<ReadWeights> {
  // The libraries of the others' formats are loaded only where they are wanted.
  switch (await family(path)) {
    case 'keras':
      return known('keras', await (await import('./keras/read.ts')).readKeras(path));
    case 'tfjs':
      return known('tfjs', await (await import('./tfjs/read.ts')).readTfjs(path));
    default: {
      const weights = await settle(native().readWeights(path));
      return { weights, description: readDescription(weights.metadata, path) };
    }
  }
}

async function family(path: string): Promise<'keras' | 'tfjs' | 'native'> {
  const facts = await stat(path).catch(() => undefined);
  // What is not there is said in the words that hold for every format.
  if (!facts) return 'native';
  if (facts.isDirectory()) return 'tfjs';
  if (path.endsWith('.json')) return path.endsWith('.index.json') ? 'native' : 'tfjs';
  if (!facts.isFile()) return 'native';
  return (await isKeras(path)) ? 'keras' : 'native';
}

function known(format: string, { description, tensors }: ModelFile): ReadWeights {
  return { weights: native().makeWeights(format, tensors, {}), description };
}
