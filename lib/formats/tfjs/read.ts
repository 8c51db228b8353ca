import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../../errors.ts';
import { fromKeras, graphVariables, tensorShape, type Variable } from '../layers/variables.ts';
import type { ModelFile, NamedTensor } from '../model-file.ts';
import { damaged, named, otherNetwork, shown } from '../refuse.ts';
import { readTopology } from '../topology/read.ts';
import { type Recognised, recognise } from '../topology/recognise.ts';
import { FormatError, quoted } from './format-error.ts';
import { objectAt } from './json.ts';
import { type ManifestEntry, readManifest } from './manifest.ts';
import { openSize, preprocessingOf, readMetadata } from './metadata.ts';
import { modelJson } from './paths.ts';
import { openShards } from './shards.ts';
import { unpacked } from './unpack.ts';

/** Topologies of thousands of layers have a few megabytes. */
const LARGEST_JSON = 1 << 26;

/**
 * Reads a layers model of TensorFlow.js: a `model.json`, or the folder that holds it, with its shards beside it.
 * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH for another network
 */
export async function readTfjs(file: string): Promise<ModelFile> {
  const json = modelJson(file);
  try {
    return await read(json);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw damaged(json, error.message, error);
  }
}

async function read(json: string): Promise<ModelFile> {
  const model = objectAt(await readJson(json), 'its JSON');
  if (model.format !== undefined && model.format !== 'layers-model') {
    throw new FormatError(`it is a ${quoted(model.format)}, not a "layers-model"`);
  }
  const metadata = readMetadata(model.userDefinedMetadata);
  const topology = objectAt(model.modelTopology, 'modelTopology');
  // Keras' own converter puts versions beside the model.
  const config = readTopology(topology.model_config ?? topology, json);
  const found = recognise(config, json, openSize(metadata));
  const preprocessing = preprocessingOf(found.description.preprocessing, metadata);
  const description = { ...found.description, classes: metadata.classes, preprocessing };
  const groups = readManifest(model.weightsManifest);
  const entries = groups.flatMap((group) => group.entries);
  const weights = assigned(found, entries, json);

  // Every size is known to be that of the network and of the files before the first byte is read.
  const folder = path.dirname(json);
  const opened = [];
  for (const group of groups) opened.push({ ...group, shards: await openShards(folder, group) });
  const tensors: Record<string, NamedTensor> = {};
  for (const { entries, shards } of opened) {
    for (const entry of entries) {
      const weight = weights.get(entry) as Variable;
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

/** Finds the variable of the network that each entry is: every one exactly once. */
function assigned(
  { graph, layers }: Recognised,
  entries: readonly ManifestEntry[],
  json: string,
): Map<ManifestEntry, Variable> {
  const byName = new Map(entries.map((entry) => [tail(entry.name), entry]));
  if (byName.size !== entries.length) throw new FormatError('two of its weights have one name');
  const found = new Map<ManifestEntry, Variable>();
  for (const [layer, variables] of graphVariables(graph)) {
    for (const variable of variables) {
      const name = `${layers.get(layer)?.name}/${variable.name}`;
      const entry = byName.get(tail(name));
      if (!entry) throw otherNetwork(json, `its weight ${named(name)} is missing`);
      if (entry.shape.join() !== variable.shape.join()) {
        const problem = `has the shape ${shown(entry.shape)} where [${variable.shape}] is expected`;
        throw otherNetwork(json, `${named(name)} ${problem}`);
      }
      found.set(entry, variable);
    }
  }
  const other = entries.find((entry) => !found.has(entry));
  if (other) throw otherNetwork(json, `its weight ${named(other.name)} belongs to no layer`);
  return found;
}

/** `resnet50/conv1_conv/kernel:0` -> `conv1_conv/kernel`: some writers put the model's name before, or TensorFlow's output. */
function tail(name: string): string {
  return name.replace(/:0$/, '').split('/').slice(-2).join('/');
}
