import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { writeAtomically } from '../../files/atomic-write.ts';
import { makeFolder } from '../../files/folder.ts';
import { version } from '../../version.ts';
import { graphVariables, tensorOf, toKeras, type Variable } from '../layers/variables.ts';
import type { ModelFile } from '../model-file.ts';
import { arranged, leaves } from '../topology/arrange.ts';
import { readManifest } from './manifest.ts';
import { metadataOf } from './metadata.ts';
import { modelJson } from './paths.ts';
import { topologyOf } from './topology.ts';

/** As TensorFlow.js' converter cuts them: small enough for a browser's cache. */
const SHARD_BYTES = 4 << 20;

/**
 * Writes a layers model of TensorFlow.js: `model.json`, or a folder to hold one, with its shards beside it. It takes
 * [images, height, width, 3] as the network was trained: Keras' variant blue first and less the mean, torchvision's
 * red first and normalised. An older model there stays whole until the new one is.
 * @throws ThawError ERR_WEIGHTS_MISMATCH where tensors are missing, ERR_INVALID_ARGUMENT where the network has layers that
 *   TensorFlow.js has not, ERR_WRITE_FAILED, ERR_DISK_FULL
 */
export async function writeTfjs(file: string, model: ModelFile): Promise<void> {
  const network = arranged(model.description, 'flat');
  const topology = topologyOf(network);
  const weights = [...graphVariables(leaves(network))].flatMap(([layer, variables]) =>
    variables.map((variable) => ({ layer, ...variable })),
  );
  for (const weight of weights) tensorOf(model.tensors, weight);
  const bytes = weights.reduce((sum, { tensor }) => sum + (model.tensors[tensor]?.data.byteLength ?? 0), 0);
  const shards = shardNames(Math.ceil(bytes / SHARD_BYTES), digest(model, weights, topology));
  const content = {
    format: 'layers-model',
    generatedBy: `thaw v${version()}`,
    convertedBy: null,
    modelTopology: topology,
    weightsManifest: [
      {
        paths: shards,
        weights: weights.map(({ layer, name, shape }) => ({
          name: `${layer}/${name}`,
          shape,
          dtype: 'float32',
        })),
      },
    ],
    userDefinedMetadata: metadataOf(model.description),
  };

  const json = modelJson(file);
  const folder = path.dirname(json);
  if (json !== file) makeFolder(folder);
  const old = await shardsOf(json);
  const obsolete = (names: readonly string[], kept: readonly string[]) =>
    Promise.all(
      names
        .filter((name) => !kept.includes(name))
        .map((name) => rm(path.join(folder, name), { force: true })),
    );
  try {
    let index = 0;
    for (const shard of pieces(model, weights)) {
      await writeAtomically(path.join(folder, shards[index++] as string), shard);
    }
    await writeAtomically(json, JSON.stringify(content));
  } catch (error) {
    await obsolete(shards, old);
    throw error;
  }
  await obsolete(old, shards);
}

/**
 * Shards bear what they hold in their names, so that a new model never overwrites those of the old one before its
 * model.json is there, and no cache mixes the two.
 */
function shardNames(count: number, digest: string): string[] {
  return Array.from({ length: count }, (_, index) => `group1-shard${index + 1}of${count}-${digest}.bin`);
}

function digest({ tensors }: ModelFile, weights: readonly Variable[], topology: object): string {
  const hash = createHash('sha256').update(JSON.stringify(topology));
  for (const { tensor } of weights) hash.update(tensors[tensor]?.data ?? '');
  return hash.digest('hex').slice(0, 8);
}

/** The weights' bytes in order, cut into shards. What it yields is its own buffer: good until the next one. */
function* pieces({ tensors }: ModelFile, weights: readonly Variable[]): Generator<Uint8Array> {
  const shard = new Uint8Array(SHARD_BYTES);
  let filled = 0;
  for (const weight of weights) {
    const values = toKeras(weight, tensors[weight.tensor]?.data ?? new Float32Array());
    let rest = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    while (rest.length > 0) {
      const fits = rest.subarray(0, SHARD_BYTES - filled);
      shard.set(fits, filled);
      filled += fits.length;
      rest = rest.subarray(fits.length);
      if (filled < SHARD_BYTES) continue;
      yield shard;
      filled = 0;
    }
  }
  if (filled > 0) yield shard.subarray(0, filled);
}

/** The shards of the model that is there: only such as bear a shard's name, whatever it lists. */
async function shardsOf(json: string): Promise<string[]> {
  try {
    const { weightsManifest } = JSON.parse(await readFile(json, 'utf8')) as { weightsManifest?: unknown };
    const names = readManifest(weightsManifest).flatMap(({ paths }) => paths);
    return names.filter((name) => /^group\d+-shard\d+of\d+(-[0-9a-f]{8})?\.bin$/.test(name));
  } catch {
    return [];
  }
}
