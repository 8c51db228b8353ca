import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { zipSync } from 'fflate';
import { ThawError } from '../../errors.ts';
import { writeAtomically } from '../../files/atomic-write.ts';
import { describeModel, type ModelDescription } from '../../network/description.ts';
import { networkGraph } from '../graph.ts';
import { graphVariables, tensorOf, toKeras } from '../layers/variables.ts';
import type { ModelFile } from '../model-file.ts';
import { CONFIG_ENTRY, METADATA_ENTRY, WEIGHTS_ENTRY } from './archive.ts';
import { kerasConfig } from './config.ts';
import { createHdf5, type Hdf5Group } from './hdf5-create.ts';
import { containerNames } from './names.ts';

/** The version whose layout is written; later ones read it as well. */
const KERAS_VERSION = '3.0.0';

/**
 * Writes a model for Keras, by the suffix: `.keras`, `.weights.h5` (Keras 3's weights alone), `.h5` (a whole model
 * in the older layout). `keras.saving.load_model` opens the first and the last;
 * `keras.applications.ResNet50(...).load_weights` takes the second for Keras' variant and a linear head.
 * Class names and preprocessing, of which Keras knows nothing, stand in an attribute `thaw` that it ignores.
 *
 * @throws ThawError ERR_INVALID_ARGUMENT for another suffix, ERR_WEIGHTS_MISMATCH where a tensor is missing or has
 *   another shape than the description says, ERR_DISK_FULL, ERR_WRITE_FAILED
 */
export async function writeKeras(file: string, model: ModelFile): Promise<void> {
  await writeAtomically(file, await contentFor(path.basename(file), model));
}

async function contentFor(name: string, model: ModelFile): Promise<Uint8Array> {
  const layers = kerasLayers(model);
  if (name.endsWith('.weights.h5')) return currentWeights(model, layers);
  if (name.endsWith('.h5')) return wholeLegacyModel(model, layers);
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
    [CONFIG_ENTRY]: text(kerasConfig(model.description, 'keras3')),
    [WEIGHTS_ENTRY]: await currentWeights(model, layers),
  };
  // Random weights do not compress, and Keras stores them as they are.
  return zipSync(entries, { level: 0, mtime: saved });
}

function kerasDate(date: Date): string {
  return date.toISOString().slice(0, 19).replace('T', '@');
}

interface KerasLayer {
  name: string;
  type: string;
  variables: { name: string; shape: readonly number[]; data: () => Float32Array }[];
}

/** The layers and their variables as Keras has them; all are checked before the first is written. */
function kerasLayers({ description, tensors }: ModelFile): KerasLayer[] {
  const graph = networkGraph(description);
  const all = graphVariables(graph);
  return graph.map(({ name, type }) => {
    const variables = (all.get(name) ?? []).map((variable) => {
      const { data } = tensorOf(tensors, variable);
      return { name: variable.name, shape: variable.shape, data: () => toKeras(variable, data) };
    });
    return { name, type, variables };
  });
}

function describe(root: Hdf5Group, model: ModelFile): void {
  for (const [key, value] of Object.entries(describeModel(model.description))) root.attribute(key, value);
}

/** Keras 3: `layers/conv2d_1/vars/0`; the names are of classes, counted, the layer's own is an attribute. */
function currentWeights(model: ModelFile, layers: readonly KerasLayer[]): Promise<Uint8Array> {
  return createHdf5(async (root) => {
    describe(root, model);
    root.group('vars').attribute('name', model.description.architecture);
    const container = root.group('layers');
    const names = containerNames(layers.map(({ type }) => type));
    for (const [index, layer] of layers.entries()) {
      await setImmediate();
      const group = container.group(names[index] ?? '').group('vars');
      group.attribute('name', layer.name);
      for (const [number, { shape, data }] of layer.variables.entries()) {
        group.dataset(String(number), shape, data());
      }
    }
  });
}

/** Keras 2: `model_weights/conv1_conv/conv1_conv/kernel:0`, listed in attributes. */
function wholeLegacyModel(model: ModelFile, layers: readonly KerasLayer[]): Promise<Uint8Array> {
  return createHdf5(async (root) => {
    describe(root, model);
    root.attribute('backend', 'tensorflow');
    root.attribute('keras_version', KERAS_VERSION);
    root.attribute('model_config', JSON.stringify(legacyConfig(model.description)));
    const weights = root.group('model_weights');
    weights.attribute('backend', 'tensorflow');
    weights.attribute('keras_version', KERAS_VERSION);
    weights.attribute(
      'layer_names',
      layers.map(({ name }) => name),
    );
    for (const { name, variables } of layers) {
      await setImmediate();
      const group = weights.group(name);
      group.attribute(
        'weight_names',
        variables.map((variable) => `${name}/${variable.name}:0`),
      );
      if (variables.length === 0) continue;
      const inner = group.group(name);
      for (const variable of variables) inner.dataset(`${variable.name}:0`, variable.shape, variable.data());
    }
    weights.group('top_level_model_weights').attribute('weight_names', []);
  });
}

/** In a list of one output Keras 3 sees a list; Keras 2 takes the output alone as well. */
function legacyConfig(description: ModelDescription) {
  const { class_name, config } = kerasConfig(description, 'keras2');
  const { input_layers, output_layers, ...rest } = config;
  return { class_name, config: { ...rest, input_layers: input_layers[0], output_layers: output_layers[0] } };
}
