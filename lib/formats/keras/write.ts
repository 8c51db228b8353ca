import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { zipSync } from 'fflate';
import { ThawError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { describeModel } from '../../network/description.ts';
import { graphVariables, tensorOf, toKeras } from '../layers/variables.ts';
import type { ModelFile } from '../model-file.ts';
import { type Arranged, arranged, contained, isModel, type Layout, leaves } from '../topology/arrange.ts';
import { modelConfig } from '../topology/write.ts';
import { CONFIG_ENTRY, METADATA_ENTRY, WEIGHTS_ENTRY } from './archive.ts';
import { createHdf5, type Hdf5Group } from './hdf5-create.ts';

/** The version whose layout is written; later ones read it as well. */
const KERAS_VERSION = '3.0.0';

/**
 * Writes a model for Keras, by the suffix: `.keras`, `.weights.h5` (Keras 3's weights alone), `.h5` (a whole model
 * in the older layout). `keras.saving.load_model` opens the first and the last. `load_weights` takes the second: of
 * `keras.applications.ResNet50(...)` for Keras' variant and a linear head, and with the layout 'nested', of
 * `keras.Sequential([ResNet50(include_top=False), ...head])`.
 * Class names and preprocessing, of which Keras knows nothing, stand in an attribute `thaw` that it ignores.
 *
 * @throws ThawError ERR_INVALID_ARGUMENT for another suffix, ERR_WEIGHTS_MISMATCH where a tensor is missing or has
 *   another shape than the description says, ERR_DISK_FULL, ERR_WRITE_FAILED
 */
export async function writeKeras(file: string, model: ModelFile, layout: Layout = 'flat'): Promise<void> {
  const content = await kerasFile(path.basename(file), model, arranged(model.description, layout));
  await writeAtomically(file, content);
}

/** The bytes of a file of the name. @throws as above */
export async function kerasFile(name: string, model: ModelFile, network: Arranged): Promise<Uint8Array> {
  const variables = kerasVariables(model, network);
  const describe = (root: Hdf5Group) => {
    for (const [key, value] of Object.entries(describeModel(model.description))) root.attribute(key, value);
  };
  const weights = () =>
    createHdf5(async (root) => {
      describe(root);
      await addWeights(root, network, variables);
    });
  if (name.endsWith('.weights.h5')) return weights();
  if (name.endsWith('.h5')) {
    return createHdf5(async (root) => {
      describe(root);
      await addLegacyModel(root, network, variables);
    });
  }
  if (!name.endsWith('.keras')) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `A Keras file ends in .keras, .weights.h5 or .h5; ${name} does not.`,
    );
  }
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const saved = new Date();
  const entries = {
    [METADATA_ENTRY]: text({ keras_version: KERAS_VERSION, date_saved: kerasDate(saved) }),
    [CONFIG_ENTRY]: text(modelConfig(network, 'keras3')),
    [WEIGHTS_ENTRY]: await weights(),
  };
  // Random weights do not compress, and Keras stores them as they are.
  return zipSync(entries, { level: 0, mtime: saved });
}

function kerasDate(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', '@');
}

/** By the layer's name. */
type KerasVariables = ReadonlyMap<
  string,
  { name: string; shape: readonly number[]; data: () => Float32Array }[]
>;

/** The variables of every layer as Keras has them; all are checked before the first is written. */
function kerasVariables({ tensors }: ModelFile, network: Arranged): KerasVariables {
  const all = [...graphVariables(leaves(network))].map(([layer, variables]) => {
    const checked = variables.map((variable) => {
      const { data } = tensorOf(tensors, variable);
      return { name: variable.name, shape: variable.shape, data: () => toKeras(variable, data) };
    });
    return [layer, checked] as const;
  });
  return new Map(all);
}

/** Keras 3: `layers/conv2d_1/vars/0`; the names are of classes, counted, the layer's own is an attribute. */
async function addWeights(root: Hdf5Group, network: Arranged, variables: KerasVariables): Promise<void> {
  root.group('vars').attribute('name', network.name);
  const container = root.group('layers');
  for (const { layer, group } of contained(network)) {
    if (isModel(layer)) {
      await addWeights(container.group(group), layer, variables);
      continue;
    }
    await setImmediate();
    const vars = container.group(group).group('vars');
    vars.attribute('name', layer.name);
    for (const [number, { shape, data }] of (variables.get(layer.name) ?? []).entries()) {
      vars.dataset(String(number), shape, data());
    }
  }
}

/** Keras 2: `model_weights/conv1_conv/conv1_conv/kernel:0`, listed in attributes; a model within is one group. */
async function addLegacyModel(root: Hdf5Group, network: Arranged, variables: KerasVariables): Promise<void> {
  root.attribute('backend', 'tensorflow');
  root.attribute('keras_version', KERAS_VERSION);
  root.attribute('model_config', JSON.stringify(modelConfig(network, 'keras2')));
  const weights = root.group('model_weights');
  weights.attribute('backend', 'tensorflow');
  weights.attribute('keras_version', KERAS_VERSION);
  weights.attribute(
    'layer_names',
    network.layers.map(({ name }) => name),
  );
  for (const each of network.layers) {
    const group = weights.group(each.name);
    const owned = isModel(each) ? leaves(each) : [each];
    const all = owned.flatMap(({ name }) =>
      (variables.get(name) ?? []).map((variable) => ({ ...variable, path: `${name}/${variable.name}:0` })),
    );
    // What is trained comes first, then the statistics.
    const statistics = all.filter(({ name }) => name.startsWith('moving_'));
    const ordered = [...all.filter((variable) => !statistics.includes(variable)), ...statistics];
    group.attribute(
      'weight_names',
      ordered.map(({ path }) => path),
    );
    for (const { name } of owned) {
      await setImmediate();
      const own = variables.get(name) ?? [];
      if (own.length === 0) continue;
      const inner = group.group(name);
      for (const variable of own) inner.dataset(`${variable.name}:0`, variable.shape, variable.data());
    }
  }
  weights.group('top_level_model_weights').attribute('weight_names', []);
}
