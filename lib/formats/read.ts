import { stat } from 'node:fs/promises';
import { type NativeWeights, native, settle } from '../native.ts';
import { type ModelDescription, readDescription } from '../network/description.ts';
import { type HeadLayer, headText } from '../network/head.ts';
import { networkGraph } from './graph.ts';
import { isKeras } from './keras/is-keras.ts';
import type { ModelFile } from './model-file.ts';
import { offLoop } from './off-loop.ts';
import { isRun, readRun } from './run.ts';

/** A weights file that has been read, and what it says of its model, where it does. */
export interface ReadWeights {
  weights: NativeWeights;
  description: ModelDescription | undefined;
}

/**
 * Reads weights in any format, told apart by content: TorchScript, PyTorch state dicts and checkpoints, safetensors
 * (one file, or the index of several) natively; files of Keras; a `model.json` of TensorFlow.js, or its folder; the
 * folder of a run, or of its checkpoints.
 * @param head of the model that they are for. Keras' and TensorFlow.js' weights then fit where the layers that have
 *   weights are as many and as large: of dropouts and activations a file of weights alone says nothing.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH, ERR_IO
 */
export async function readWeights(path: string, head?: readonly HeadLayer[]): Promise<ReadWeights> {
  // The libraries of the others' formats are loaded only where they are wanted.
  switch (await family(path)) {
    case 'keras':
      return known('keras', await offLoop('readKeras', path), head);
    case 'tfjs':
      return known('tfjs', await offLoop('readTfjs', path), head);
    case 'run':
      return readRun(path, readNatively);
    default:
      return readNatively(path);
  }
}

async function readNatively(path: string): Promise<ReadWeights> {
  const weights = await settle(native().readWeights(path));
  return { weights, description: readDescription(weights.metadata, path) };
}

async function family(path: string): Promise<'keras' | 'tfjs' | 'run' | 'native'> {
  const facts = await stat(path).catch(() => undefined);
  // What is not there is said in the words that hold for every format.
  if (!facts) return 'native';
  if (facts.isDirectory()) return (await isRun(path)) ? 'run' : 'tfjs';
  if (path.endsWith('.json')) return path.endsWith('.index.json') ? 'native' : 'tfjs';
  if (!facts.isFile()) return 'native';
  return (await isKeras(path)) ? 'keras' : 'native';
}

async function known(format: string, file: ModelFile, head: readonly HeadLayer[] = []): Promise<ReadWeights> {
  const { description, tensors } = withHead(file, head);
  return { weights: await settle(native().makeWeights(format, tensors, {})), description };
}

/** The file under this head, its tensors named by it; as it is, where the head's layers with weights are others. */
function withHead(file: ModelFile, head: readonly HeadLayer[]): ModelFile {
  const description = { ...file.description, head };
  if (sizes(head) !== sizes(file.description.head)) return file;
  const named = modules(description);
  const names = new Map(modules(file.description).map((name, i) => [name, named[i]]));
  const tensors = Object.entries(file.tensors).map(([tensor, value]) => {
    const end = tensor.lastIndexOf('.');
    return [`${names.get(tensor.slice(0, end))}${tensor.slice(end)}`, value];
  });
  return { description, tensors: Object.fromEntries(tensors) };
}

/** What a file of weights alone tells of a head. */
function sizes(head: readonly HeadLayer[]): string {
  return headText(head.filter(({ kind }) => kind !== 'dropout'));
}

/** Those with tensors, in order. */
function modules(description: ModelDescription): string[] {
  return networkGraph(description).flatMap((layer) => ('tensors' in layer ? [layer.tensors] : []));
}
