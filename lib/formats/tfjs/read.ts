import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../../errors.ts';
import { fromKeras, tensorShape } from '../layers/variables.ts';
import type { ModelFile, NamedTensor } from '../model-file.ts';
import { FormatError, quoted } from './format-error.ts';
import { objectAt } from './json.ts';
import { type ManifestEntry, readManifest } from './manifest.ts';
import { readMetadata } from './metadata.ts';
import { modelJson } from './paths.ts';
import { readTopology } from './read-topology.ts';
import { recognise } from './recognise.ts';
import { openShards } from './shards.ts';
import { unpacked } from './unpack.ts';
import { type LayerWeight, weightsOf } from './weights.ts';

/** Topologies of thousands of layers have a few megabytes. */
const LARGEST_JSON = 1 << 26;

/**
 * Reads a layers model of TensorFlow.js: a `model.json`, or the folder that holds it, with its shards beside it.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT
 */
export async function readTfjs(file: string): Promise<ModelFile> {
  const json = modelJson(file);
  try {
    return await read(json);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new ThawError('ERR_WEIGHTS_FORMAT', `${json} cannot be read: ${error.message}.`, { cause: error });
  }
}

async function read(json: string): Promise<ModelFile> {
  const model = objectAt(await readJson(json), 'its JSON');
  if (model.format !== undefined && model.format !== 'layers-model') {
    throw new FormatError(`it is a ${quoted(model.format)}, not a "layers-model"`);
  }
  const output = readTopology(model.modelTopology);
  const { description, graph, names } = recognise(output, readMetadata(model.userDefinedMetadata));
  const groups = readManifest(model.weightsManifest);
  const entries = groups.flatMap((group) => group.entries);
  const weights = assigned(weightsOf(graph), names, entries);

  // Every size is known to be that of the network and of the files before the first byte is read.
  const folder = path.dirname(json);
  const opened = [];
  for (const group of groups) opened.push({ ...group, shards: await openShards(folder, group) });
  const tensors: Record<string, NamedTensor> = {};
  for (const { entries, shards } of opened) {
    for (const entry of entries) {
      const weight = weights.get(entry) as LayerWeight;
      const values = unpacked(await shards.read(entry.start, entry.bytes), entry.packing);
      tensors[weight.tensor] = { data: fromKeras(weight, values), shape: tensorShape(weight) };
    }
  }
  return { description, tensors };
}

async function readJson(json: string): Promise<unknown> {
  const facts = await stat(json).catch(() => undefined);
  if (!facts) throw new ThawError('ERR_WEIGHTS_NOT_FOUND', `There is no weights file '${json}'.`);
  if (!facts.isFile() || facts.size > LARGEST_JSON) throw new FormatError('it is no JSON file of a network');
  try {
    return JSON.parse(await readFile(json, 'utf8'));
  } catch (error) {
    throw new FormatError('it is no JSON', { cause: error });
  }
}

/** Finds the weight of the network that each entry is: every one exactly once. */
function assigned(
  weights: readonly LayerWeight[],
  names: ReadonlyMap<string, string>,
  entries: readonly ManifestEntry[],
): Map<ManifestEntry, LayerWeight> {
  const byName = new Map(entries.map((entry) => [tail(entry.name), entry]));
  if (byName.size !== entries.length) throw new FormatError('two of its weights have one name');
  const found = new Map<ManifestEntry, LayerWeight>();
  for (const weight of weights) {
    const name = `${names.get(weight.layer)}/${weight.name}`;
    const entry = byName.get(tail(name));
    if (!entry) throw new FormatError(`its weight ${quoted(name)} is missing`);
    if (entry.shape.join() !== weight.shape.join()) {
      const shapes = `[${entry.shape.slice(0, 8).join()}], not [${weight.shape.join()}]`;
      throw new FormatError(`its weight ${quoted(name)} is of the shape ${shapes}`);
    }
    found.set(entry, weight);
  }
  const other = entries.find((entry) => !found.has(entry));
  if (other) throw new FormatError(`its weight ${quoted(other.name)} belongs to no layer`);
  return found;
}

/** `resnet50/conv1_conv/kernel:0` -> `conv1_conv/kernel`: some writers put the model's name before, or TensorFlow's output. */
function tail(name: string): string {
  return name.replace(/:0$/, '').split('/').slice(-2).join('/');
}
