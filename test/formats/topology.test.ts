import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { ThawError } from '../../lib/errors.ts';
import { readKeras } from '../../lib/formats/keras/read.ts';
import { readTfjs } from '../../lib/formats/tfjs/read.ts';
import { topologyOf } from '../../lib/formats/tfjs/topology.ts';
import { arranged } from '../../lib/formats/topology/arrange.ts';
import { modelConfig } from '../../lib/formats/topology/write.ts';
import { dense, dropout, flatten } from '../../lib/network/head.ts';
import { ARCHITECTURES } from '../../lib/options/load.ts';
import { describeNetwork } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { hdf5 } from '../support/hdf5.ts';

/** A model's JSON, in the style of the format that it goes to. */
interface Model {
  class_name: string;
  config: { layers: Layer[]; input_layers: unknown; output_layers: unknown };
}
interface Layer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: unknown[];
}

const head = [flatten(), dense(6, { activation: 'relu' }), dropout(0.5), dense(4, { activation: 'softmax' })];
const network = arranged(describeNetwork('resnet18', head), 'flat');
const folder = temporaryFolder();
const file = (name: string) => path.join(folder, name);

beforeAll(() => mkdirSync(file('tfjs')));

/** The three formats that hold a topology, each written by hand. There are no weights, for which it never comes. */
const formats: Record<string, (model: object) => Promise<unknown>> = {
  keras: async (model) => {
    const weights = await hdf5(() => undefined);
    const entries = { 'config.json': Buffer.from(JSON.stringify(model)), 'model.weights.h5': weights };
    writeFileSync(file('model.keras'), zipSync(entries, { level: 0 }));
    return readKeras(file('model.keras'));
  },
  h5: async (model) => {
    const text = JSON.stringify(model);
    writeFileSync(
      file('model.h5'),
      await hdf5((root) => {
        root.create_attribute('model_config', text, [], 'S');
        root.create_group('model_weights').create_attribute('layer_names', new Float64Array(0), [0]);
      }),
    );
    return readKeras(file('model.h5'));
  },
  tfjs: async (model) => {
    writeFileSync(file('tfjs/model.json'), JSON.stringify({ modelTopology: model, weightsManifest: [] }));
    return readTfjs(file('tfjs'));
  },
};

/** How reading ends in each format: the error's code and sentence. */
async function endings(spoil: (model: Model) => unknown): Promise<Record<string, string>> {
  const models: Record<string, object> = {
    keras: modelConfig(network, 'keras3'),
    h5: modelConfig(network, 'keras2'),
    tfjs: topologyOf(network),
  };
  const result: Record<string, string> = {};
  for (const [format, read] of Object.entries(formats)) {
    const model = structuredClone(models[format]) as Model;
    spoil(model);
    const error = await read(model).catch((thrown: unknown) => thrown);
    if (!(error instanceof ThawError)) throw error;
    const sentence = error.message.replace(/^\S*\/(model\.keras|model\.h5|tfjs\/model\.json)/, 'the file');
    result[format] = `${error.code} ${sentence}`;
  }
  return result;
}

const everywhere = (ending: string) => ({ keras: ending, h5: ending, tfjs: ending });
const MISMATCH = 'ERR_WEIGHTS_MISMATCH the file holds no network of this kind: ';
const FORMAT = 'ERR_WEIGHTS_FORMAT the file cannot be read: ';

function named({ config }: Model, name: string): Layer {
  const layer = config.layers.find((candidate) => candidate.name === name);
  if (!layer) throw new Error(`no ${name}`);
  return layer;
}

const configured = (name: string, facts: object) => (model: Model) =>
  Object.assign(named(model, name).config, facts);

/** Makes a layer take others, in the style that it is written in. */
function take(layer: Layer, names: readonly string[], tensor = 0): void {
  if (!('module' in layer)) {
    layer.inbound_nodes = [names.map((name) => [name, 0, tensor, {}])];
    return;
  }
  const tensors = names.map((name) => ({ config: { keras_history: [name, 0, tensor] } }));
  layer.inbound_nodes = [{ args: names.length > 1 ? [tensors] : tensors, kwargs: {} }];
}

const classed = (name: string, class_name: string) => (model: Model) =>
  Object.assign(named(model, name), { class_name });

const taking =
  (name: string, ...names: string[]) =>
  (model: Model) =>
    take(named(model, name), names);

function withInput(model: Model, shape: unknown): void {
  const { config } = named(model, 'input_layer');
  config['batch_shape' in config ? 'batch_shape' : 'batch_input_shape'] = shape;
}

/** A copy of a layer under another name, at the end of the list. */
function added({ config }: Model, of: Layer, name: string): Layer {
  const layer = { ...structuredClone(of), name };
  layer.config.name = name;
  config.layers.push(layer);
  return layer;
}

let deepList: unknown = 1;
for (let depth = 0; depth < 1000; depth++) deepList = [deepList];

test.each<[string, string, unknown, string, string]>([
  [
    'conv1_pad',
    'padding',
    [
      [2, 3],
      [3, 3],
    ],
    '[[2,3],[3,3]]',
    '[[3,3],[3,3]]',
  ],
  ['conv2_block1_1_conv', 'padding', 'valid', '"valid"', '"same"'],
  ['pool1_pool', 'padding', 'same', '"same"', '"valid"'],
  ['pool1_pool', 'strides', null, 'nothing', '[2,2]'],
  ['pool1_pool', 'pool_size', [2, 2], '[2,2]', '[3,3]'],
  ['pool1_pool', 'data_format', 'channels_first', '"channels_first"', '"channels_last"'],
  ['conv3_block1_1_conv', 'strides', [1, 1], '[1,1]', '[2,2]'],
  ['conv3_block1_1_conv', 'strides', deepList, '[[[[...]]]]', '[2,2]'],
  ['conv3_block1_1_conv', 'strides', new Array(1e5).fill(1), '[...]', '[2,2]'],
  ['conv1_conv', 'kernel_size', [5, 5], '[5,5]', '[7,7]'],
  ['conv1_conv', 'activation', 'relu', '"relu"', '"linear"'],
  ['conv4_block2_2_conv', 'filters', 128, '128', '256'],
  ['conv4_block2_2_conv', 'filters', '256', '"256"', '256'],
  ['conv5_block2_1_conv', 'dilation_rate', [2, 2], '[2,2]', '[1,1]'],
  ['conv5_block2_1_conv', 'groups', 32, '32', '1'],
  ['conv2_block1_2_conv', 'use_bias', true, 'true', 'false'],
  ['conv2_block1_out', 'activation', 'gelu', '"gelu"', '"relu"'],
  ['conv2_block1_out', 'activation', 'x'.repeat(1e6), `"${'x'.repeat(56)}..."`, '"relu"'],
  ['conv1_bn', 'epsilon', 0.001, '0.001', '0.00001'],
  ['conv1_bn', 'epsilon', undefined, 'nothing', '0.00001'],
  ['conv1_bn', 'epsilon', 'small', '"small"', '0.00001'],
  // The other variant's.
  ['conv5_block2_2_bn', 'epsilon', 1.001e-5, '0.00001001', '0.00001'],
  ['conv1_bn', 'momentum', 0.5, '0.5', '0.9'],
  ['conv1_bn', 'axis', 1, '1', '-1'],
  ['conv1_bn', 'scale', false, 'false', 'true'],
  ['conv1_bn', 'renorm', true, 'true', 'false'],
  ['dense', 'use_bias', false, 'false', 'true'],
])('%s with another %s (%#)', async (name, key, value, said, expected) => {
  const found = await endings(configured(name, { [key]: value }));
  const sentence = `its layer ${name} has ${key} ${said} where ${expected} is expected.`;
  expect(found).toEqual(everywhere(MISMATCH + sentence));
});

describe('one layer that is another', () => {
  test.each<[string, (model: Model) => unknown, string]>([
    [
      'absurd units',
      configured('dense', { units: -1 }),
      'dense is out of the ordinary: Expected a positive integer for units but received -1 of type number',
    ],
    [
      'units without end',
      configured('dense', { units: 2 ** 62 }),
      'dense is out of the ordinary: Expected a positive integer for units but received 4611686018427388000 of type number',
    ],
    [
      'an activation that no head has',
      configured('dense_1', { activation: 'gelu' }),
      "dense_1 is out of the ordinary: Expected one of 'linear', 'relu', 'softmax', 'sigmoid' for activation but received 'gelu' of type string",
    ],
    [
      'class',
      classed('conv2_block1_out', 'Flatten'),
      'conv2_block1_out has the class Flatten where Activation is expected',
    ],
    [
      'a class that is not known',
      classed('conv1_relu', 'Lambda'),
      'conv1_relu is a Lambda, which is not of the network and cannot stand in a head',
    ],
    [
      'such a class in the head',
      classed('dropout', 'Lambda'),
      'dropout is a Lambda, which is not of the network and cannot stand in a head',
    ],
    [
      'a class of nobody',
      classed('dropout', '__proto__'),
      'dropout is a __proto__, which is not of the network and cannot stand in a head',
    ],
    [
      'a class in several lines',
      classed('dropout', 'a\nb'),
      'dropout is a "a\\nb", which is not of the network and cannot stand in a head',
    ],
    [
      'used twice',
      (model) => named(model, 'conv1_relu').inbound_nodes.push(named(model, 'conv1_relu').inbound_nodes[0]),
      'conv1_relu is used more than once',
    ],
    [
      'taken for another output',
      (model) => take(named(model, 'conv1_bn'), ['conv1_conv'], 1),
      'conv1_conv is taken for more than one output',
    ],
    [
      'one input fewer',
      taking('conv2_block1_add', 'pool1_pool'),
      'conv2_block1_2_bn does not lead to its output',
    ],
    [
      'one input more',
      taking('conv2_block1_add', 'pool1_pool', 'conv2_block1_2_bn', 'pool1_pool'),
      'conv2_block1_add takes 3 inputs and not 2',
    ],
    [
      'connected to nothing',
      (model) => take(named(model, 'conv3_block1_0_conv'), []),
      'conv3_block1_0_conv takes 0 inputs and not 1',
    ],
    [
      'leading nowhere',
      (model) => take(added(model, named(model, 'conv1_relu'), 'aside'), ['conv1_bn']),
      'aside does not lead to its output',
    ],
  ])('%s', async (_, spoil, sentence) => {
    expect(await endings(spoil)).toEqual(everywhere(`${MISMATCH}its layer ${sentence}.`));
  });
});

describe('another graph', () => {
  test.each<[string, (model: Model) => unknown, string]>([
    [
      'a shortcut left out',
      taking('conv2_block1_add', 'conv2_block1_2_bn', 'conv2_block1_2_bn'),
      'its layers conv2_block1_add and conv2_block1_1_conv take conv2_block1_2_bn and pool1_pool, which should be one layer',
    ],
    [
      'a shortcut of the block before',
      taking('conv2_block2_add', 'pool1_pool', 'conv2_block2_2_bn'),
      'its layers conv2_block2_add and conv2_block2_1_conv take pool1_pool and conv2_block1_out, which should be one layer',
    ],
    [
      'a block fewer',
      (model) => {
        model.config.layers = model.config.layers.filter(({ name }) => !name.startsWith('conv4_block2_'));
        take(named(model, 'conv5_block1_1_pad'), ['conv4_block1_out']);
        take(named(model, 'conv5_block1_0_conv'), ['conv4_block1_out']);
      },
      `its layers are those of none of ${ARCHITECTURES.join(', ')}`,
    ],
    [
      'its first half',
      (model) => {
        const end = model.config.layers.findIndex(({ name }) => name === 'conv3_block1_out');
        model.config.layers.length = end + 1;
        model.config.output_layers = [['conv3_block1_out', 0, 0]];
      },
      `its layers are those of none of ${ARCHITECTURES.join(', ')}`,
    ],
    [
      'an output inside',
      (model) => Object.assign(model.config, { output_layers: [['dense', 0, 0]] }),
      'its layer dense_1 does not lead to its output',
    ],
    [
      'two outputs',
      (model) =>
        Object.assign(model.config, {
          output_layers: [
            ['dense', 0, 0],
            ['dense_1', 0, 0],
          ],
        }),
      'it has 2 outputs and not one',
    ],
    [
      'two inputs',
      (model) =>
        Object.assign(model.config, {
          input_layers: [
            ['input_layer', 0, 0],
            ['conv1_pad', 0, 0],
          ],
        }),
      'it has 2 inputs and not one',
    ],
    [
      'two images',
      (model) => {
        added(model, named(model, 'input_layer'), 'second');
        model.config.layers.unshift(model.config.layers.pop() as Layer);
        take(named(model, 'conv2_block1_add'), ['second', 'conv2_block1_2_bn']);
      },
      'it has 2 inputs and not one',
    ],
    [
      'an output that is not there',
      (model) => Object.assign(model.config, { output_layers: [['none', 0, 0]] }),
      'its output takes none, which is not before it',
    ],
    ['a circle', taking('conv1_pad', 'dense'), 'conv1_pad takes dense, which is not before it'],
    ['a layer of itself', taking('dense', 'dense'), 'dense takes dense, which is not before it'],
    [
      'two layers of one name',
      (model) => model.config.layers.push(named(model, 'dense')),
      'it has two layers called dense',
    ],
    [
      'images without end',
      (model) => withInput(model, [null, 2 ** 31, 64, 3]),
      'its input is [null,2147483648,64,3], where 32 to 8192 pixels can be',
    ],
    [
      'images of four channels',
      (model) => withInput(model, [null, 64, 64, 4]),
      'its input is [null,64,64,4] and not images of three channels',
    ],
    [
      'another kind of model',
      (model) => Object.assign(model, { class_name: 'Lambda' }),
      'it is a Lambda, not a Sequential or functional model',
    ],
    [
      'no layers',
      (model) => Object.assign(model, { class_name: 'Sequential', config: { layers: [] } }),
      'it has a model without layers',
    ],
    [
      'models in models',
      (model) => {
        let nested: object = { ...model };
        for (let depth = 0; depth < 50; depth++) {
          nested = { class_name: 'Sequential', name: `m${depth}`, config: { layers: [nested] } };
        }
        Object.assign(model, nested);
      },
      'its models are nested more than 8 deep',
    ],
  ])('%s', async (_, spoil, sentence) => {
    expect(await endings(spoil)).toEqual(everywhere(`${MISMATCH}${sentence}.`));
  });
});

test.each<[string, (model: Model) => unknown]>([
  ['no class', (model) => Object.assign(model, { class_name: undefined })],
  ['no config', (model) => Object.assign(model, { config: undefined })],
  ['layers that are numbers', (model) => Object.assign(model.config, { layers: [1] })],
  ['a layer without a name', (model) => Object.assign(named(model, 'dense'), { name: 5 })],
  ['a layer without a config', (model) => Object.assign(named(model, 'dense'), { config: null })],
  [
    'connections that are texts',
    (model) => Object.assign(named(model, 'dense'), { inbound_nodes: ['flatten'] }),
  ],
  [
    'a class that is a list without end',
    (model) => Object.assign(named(model, 'dense'), { class_name: deepList }),
  ],
])('JSON that is no model: %s', async (_, spoil) => {
  expect(await endings(spoil)).toEqual(everywhere(`${FORMAT}its model config is no Keras config.`));
});

test('what is spoilt above is whole: the weights alone are missing', async () => {
  const found = await endings(() => undefined);
  expect(found.keras).toBe(`${MISMATCH}conv1_conv has 0 arrays where 1 are expected.`);
  expect(found.h5).toBe(found.keras);
  expect(found.tfjs).toBe(`${MISMATCH}its weight conv1_conv/kernel is missing.`);
});
