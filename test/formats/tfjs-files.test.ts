import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { LayersModel, SymbolicTensor } from '@tensorflow/tfjs-layers';
import { Random } from '../../lib/demo/random.ts';
import { networkGraph } from '../../lib/formats/graph.ts';
import { readTfjs } from '../../lib/formats/tfjs/read.ts';
import { topologyOf } from '../../lib/formats/tfjs/topology.ts';
import { writeTfjs } from '../../lib/formats/tfjs/write.ts';
import { arranged } from '../../lib/formats/topology/arrange.ts';
import { readTopology } from '../../lib/formats/topology/read.ts';
import { recognise } from '../../lib/formats/topology/recognise.ts';
import { native } from '../../lib/native.ts';
import { VARIANTS } from '../../lib/network/architecture.ts';
import { batchNormalization, dense, dropout, flatten, linearHead } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { bytesOf, expectSame } from '../support/compare-models.ts';
import { largestDifference } from '../support/difference.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { fromFolder, predict, toFolder } from '../support/tfjs.ts';

tf.enableProdMode();

const HEAD = [
  flatten(),
  dense(7, { activation: 'relu' }),
  batchNormalization({ momentum: 0.8, epsilon: 0.01 }),
  dropout(0.25),
  dense(3, { activation: 'softmax' }),
];

test.each(VARIANTS)(
  'a model of the %s variant comes back bit for bit, with what it says of itself',
  async (variant) => {
    const file = join(temporaryFolder(), 'model.json');
    const model = drawnModel(
      describeNetwork(variant === 'keras' ? 'resnet50' : 'resnet18', HEAD, {
        variant,
        side: 40,
        classes: ['a', 'b', 'Ç'],
      }),
      1,
    );
    const preprocessing = { ...model.description.preprocessing, resize: 50, mean: [0.1, 0.2, 0.3] };
    const told = { ...model, description: { ...model.description, preprocessing } };
    await writeTfjs(file, told);
    expectSame(await readTfjs(file), told);
  },
);

test('without a head as well', async () => {
  const folder = join(temporaryFolder(), 'new', 'folder');
  const model = drawnModel(describeNetwork('resnet18', []), 1);
  await writeTfjs(folder, model);
  expectSame(await readTfjs(folder), model);
});

// Those that its layers can say; grouped.test.ts sees the others refused.
const sayable = native()
  .architectures()
  .filter(({ name, variant }) =>
    networkGraph(describeNetwork(name, [], { variant })).every(
      (layer) => layer.type !== 'Conv2D' || layer.groups === 1,
    ),
  );

test.each(sayable)(
  'a topology of $name, $variant, is told from all others',
  ({ name: architecture, variant }) => {
    const preprocessing = preprocessingFor([64, 96, 3], variant);
    const description = { architecture, variant, head: HEAD, classes: [], preprocessing };
    const topology = JSON.parse(JSON.stringify(topologyOf(arranged(description, 'flat'))));
    const found = recognise(readTopology(topology, 'it'), 'it');
    expect(found.description).toEqual(description);
  },
);

test('shards are of 4 MiB, and those of the model before are gone', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'precious.bin'), 'x');
  await writeTfjs(folder, drawnModel(describeNetwork('resnet18', linearHead(5)), 1));
  // A model.json may list what it likes: nothing but shards is removed.
  const json = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8'));
  json.weightsManifest[0].paths.push('precious.bin');
  writeFileSync(join(folder, 'model.json'), JSON.stringify(json));

  const model = drawnModel(describeNetwork('resnet18', linearHead(5)), 2);
  await writeTfjs(folder, model);
  const shards: string[] = JSON.parse(readFileSync(join(folder, 'model.json'), 'utf8')).weightsManifest[0]
    .paths;
  expect(readdirSync(folder).sort()).toEqual([...shards, 'model.json', 'precious.bin'].sort());
  const sizes = shards.map((name) => readFileSync(join(folder, name)).length);
  expect(new Set(sizes.slice(0, -1))).toEqual(new Set([4 << 20]));
  expectSame(await readTfjs(folder), model);
});

test('a failed write leaves the model that was there', async () => {
  const folder = temporaryFolder();
  const old = drawnModel(describeNetwork('resnet18', linearHead(5)), 1);
  await writeTfjs(folder, old);
  const files = readdirSync(folder).sort();
  mkdirSync(join(folder, 'model.json.part'));
  await expect(
    writeTfjs(folder, drawnModel(describeNetwork('resnet50', linearHead(5), { variant: 'keras' }), 2)),
  ).rejects.toMatchObject({
    code: 'ERR_WRITE_FAILED',
  });
  expect(
    readdirSync(folder)
      .filter((name) => !name.endsWith('.part'))
      .sort(),
  ).toEqual(files);
  expectSame(await readTfjs(folder), old);
});

test('a model that lacks a tensor is not written', async () => {
  const folder = temporaryFolder();
  const model = drawnModel(describeNetwork('resnet18', linearHead(5)), 1);
  const { 'bn1.bias': _, ...tensors } = model.tensors;
  await expect(writeTfjs(folder, { ...model, tensors })).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_MISMATCH',
    message: expect.stringContaining('bn1.bias'),
  });
  expect(readdirSync(folder)).toEqual([]);
});

/** A folder with a network of ours that TensorFlow.js has put under a head of its own and saved. */
async function savedByTensorFlow(nested: boolean, includeOptimizer = false) {
  const ours = temporaryFolder();
  const theirs = temporaryFolder();
  const model = drawnModel(describeNetwork('resnet18', [], { side: 32 }), 1);
  await writeTfjs(ours, model);
  const base = await tf.loadLayersModel(fromFolder(ours));
  const head = [
    tf.layers.flatten(),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.dense({ units: 3, biasInitializer: 'randomNormal' }),
  ];
  let whole: LayersModel;
  if (nested) whole = tf.sequential({ layers: [base, ...head] });
  else {
    const outputs = head.reduce(
      (x, layer) => layer.apply(x) as SymbolicTensor,
      base.outputs[0] as SymbolicTensor,
    );
    whole = tf.model({ inputs: base.inputs, outputs });
  }
  if (includeOptimizer) {
    for (const layer of whole.layers.slice(0, -1)) layer.trainable = false;
    whole.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await whole.fit(tf.ones([1, 32, 32, 3]), tf.tensor2d([[0, 1, 0]]), { epochs: 1, verbose: 0 });
  }
  await whole.save(toFolder(theirs, 1_000_003), { includeOptimizer });
  const [last] = (whole.layers.at(-1) as (typeof head)[number]).getWeights();
  const kernel = (await (last as Tensor).array()) as number[][];
  const random = new Random(5);
  const input = Array.from({ length: 3072 }, () => random.between(-100, 100));
  const saved = { theirs, model, kernel, input };
  return { ...saved, outputs: await predict(tf, theirs, saved.input, 32) };
}

test.each([
  ['in a sequence, with its optimizer', true, true],
  ['in one graph', false, false],
])('a model that TensorFlow.js has saved is read: %s', async (_, nested, includeOptimizer) => {
  const { theirs, model, kernel, input, outputs } = await savedByTensorFlow(nested, includeOptimizer);
  const read = await readTfjs(theirs);
  // Linear outputs: a softmax at its limits would hide differences.
  const head = [flatten(), dropout(0.5), dense(3)];
  expect(read.description).toEqual({ ...model.description, head });
  const { 'head.2.weight': weight, 'head.2.bias': bias, ...backbone } = read.tensors;
  expect(Array.from(weight?.data ?? [])).toEqual([0, 1, 2].flatMap((unit) => kernel.map((row) => row[unit])));
  expect(bias?.shape).toEqual([3]);
  if (!includeOptimizer) expectSame({ ...model, tensors: backbone }, model);

  const again = temporaryFolder();
  await writeTfjs(again, read);
  expect(largestDifference(await predict(tf, again, input, 32), outputs)).toBeLessThan(1e-6);
});

test.each(['uint8', 'uint16', 'float16'] as const)(
  'weights quantised to %s are what TensorFlow.js makes of them',
  async (dtype) => {
    const folder = temporaryFolder();
    await writeTfjs(folder, drawnModel(describeNetwork('resnet18', linearHead(5)), 1));
    quantise(folder, dtype);
    const loaded = await tf.loadLayersModel(fromFolder(folder));
    const read = await readTfjs(folder);
    for (const [layer, name, tensor] of [
      ['conv1_bn', 0, 'bn1.weight'],
      ['dense', 1, 'fc.bias'],
      ['conv5_block2_2_bn', 3, 'layer4.1.bn2.running_var'],
    ] as const) {
      const theirs = (loaded.getLayer(layer).getWeights()[name] as Tensor).dataSync();
      expect(Array.from(read.tensors[tensor]?.data ?? [])).toEqual(Array.from(theirs));
    }
    // Kernels are laid out otherwise there; what is read is written as they are.
    const again = temporaryFolder();
    await writeTfjs(again, read);
    const plain = await tf.loadLayersModel(fromFolder(again));
    const bits = (model: LayersModel) =>
      model.getWeights().map((weight) => Buffer.from(bytesOf((weight as Tensor).dataSync<'float32'>())));
    const [theirs, ours] = [bits(loaded), bits(plain)];
    expect(ours.length).toBe(theirs.length);
    expect(ours.filter((weight, index) => !weight.equals(theirs[index] as Buffer))).toEqual([]);
  },
);

/** Packs the weights of a folder as the converter's documentation says. */
function quantise(folder: string, dtype: 'uint8' | 'uint16' | 'float16') {
  const file = join(folder, 'model.json');
  const json = JSON.parse(readFileSync(file, 'utf8'));
  const [group] = json.weightsManifest;
  const shards = Buffer.concat(group.paths.map((name: string) => readFileSync(join(folder, name))));
  let start = 0;
  const packed = group.weights.map((weight: { shape: number[]; quantization?: object }) => {
    const count = weight.shape.reduce((product, size) => product * size, 1);
    const values = Float32Array.from({ length: count }, (_, index) => shards.readFloatLE(start + 4 * index));
    start += 4 * count;
    if (dtype === 'float16') {
      weight.quantization = { dtype };
      return Buffer.from(Uint16Array.from(values, toHalf).buffer);
    }
    const min = values.reduce((a, b) => Math.min(a, b));
    const scale = (values.reduce((a, b) => Math.max(a, b)) - min) / (dtype === 'uint8' ? 255 : 65535);
    weight.quantization = { dtype, min, scale };
    const stored = Array.from(values, (value) => Math.round((value - min) / scale));
    return dtype === 'uint8' ? Buffer.from(stored) : Buffer.from(Uint16Array.from(stored).buffer);
  });
  group.paths = ['packed.bin'];
  writeFileSync(join(folder, 'packed.bin'), Buffer.concat(packed));
  writeFileSync(file, JSON.stringify(json));
}

/** The half with the same sign, exponent and leading fraction; subnormals included. */
function toHalf(value: number): number {
  const sign = value < 0 ? 0x8000 : 0;
  const size = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const fraction = Math.floor((size / 2 ** exponent) * 1024);
  return size === 0
    ? sign
    : sign | (fraction >= 1024 ? ((exponent + 15) << 10) | (fraction - 1024) : fraction);
}
