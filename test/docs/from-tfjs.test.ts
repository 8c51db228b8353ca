/**
 * The code of docs/from-tfjs.md, run in TensorFlow.js and here: on its backend in plain JavaScript, in place of tfjs-node,
 * and with a ResNet-18 of 32 x 32 pixels for that reason.
 */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import * as tf from '@tensorflow/tfjs';
import type { Tensor as TfTensor } from '@tensorflow/tfjs-core';
import type { SymbolicTensor, layers as tfLayers } from '@tensorflow/tfjs-layers';
import { honourTrainable } from '../../bench/peers/tfjs/honour-trainable.mjs';
import { Random } from '../../lib/demo/random.ts';
import { writeTfjs } from '../../lib/formats/tfjs/write.ts';
import type { History, ResNet, Tensor } from '../../lib/index.ts';
import { farthest, largestDifference } from '../support/difference.ts';
import { Document, runBlock, type Scope } from '../support/document.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { fromFolder, predict, toFolder } from '../support/tfjs.ts';

const [SIDE, IMAGES, HELD_OUT] = [32, 6, 3];
const document = new Document('docs/from-tfjs.md');
const HEADINGS = ['The network and its head', 'Training', 'Layers, steps, and stopping'] as const;
const modules = { '@tensorflow/tfjs-node': tf };
const before = process.cwd();
const theirs: Scope = {};
const ours: Scope = {};
const quiet = { log: () => undefined };
let images: Float32Array;
let heldOut: Float32Array;
let labels: number[];

beforeAll(async () => {
  process.chdir(temporaryFolder());
  tf.enableProdMode();
  // What tfjs-node brings.
  const folderOf = (url: string | string[]) =>
    /^file:\/\/(.*?)(?:\/model\.json)?$/.exec(String(url))?.[1] ?? '';
  tf.io.registerLoadRouter((url: string | string[]) => fromFolder(folderOf(url)));
  tf.io.registerSaveRouter((url: string | string[]) => {
    mkdirSync(folderOf(url), { recursive: true });
    return toFolder(folderOf(url), 2 ** 22);
  });
  mkdirSync('resnet');
  await writeTfjs('resnet/model.json', drawnModel(describeNetwork('resnet18', [], { side: SIDE }), 3));
  const random = new Random(5);
  // TensorFlow.js draws its dense layers by it: the same head every time.
  jest.spyOn(Math, 'random').mockImplementation(() => random.between(0, 1));
  // The class shows in one channel: there is something to learn in four epochs.
  const pixels = SIDE * SIDE * 3;
  const draw = (count: number) =>
    Float32Array.from(
      { length: count * pixels },
      (_, i) => random.normal() + Number(i % 3 === Math.floor(i / pixels) % 3),
    );
  [images, heldOut] = [draw(IMAGES), draw(HELD_OUT)];
  labels = Array.from({ length: IMAGES }, (_, image) => image % 3);
});
afterAll(() => {
  jest.restoreAllMocks();
  process.chdir(before);
  expect(document.left).toEqual([]);
});

const rows = (values: number[]) => tf.oneHot(tf.tensor1d(values, 'int32'), 3);
const given = () => ({
  images: tf.tensor4d(images, [IMAGES, SIDE, SIDE, 3]),
  labels: rows(labels),
  validationImages: tf.tensor4d(heldOut, [HELD_OUT, SIDE, SIDE, 3]),
  validationLabels: rows([0, 1, 2]),
  console: quiet,
});

test('a frozen BatchNorm of TensorFlow.js moves; here it stays', async () => {
  const network = await tf.loadLayersModel(fromFolder('resnet'));
  for (const layer of network.layers) layer.trainable = false;
  const name = network.layers.find((layer: tfLayers.Layer) => layer.name.endsWith('bn'))?.name ?? '';
  const outputs = tf.layers
    .dense({ units: 3, activation: 'softmax' })
    .apply(tf.layers.globalAveragePooling2d({}).apply(network.outputs as SymbolicTensor[])) as SymbolicTensor;
  const model = tf.model({ inputs: network.inputs, outputs });
  model.compile({ optimizer: tf.train.adam(1e-3), loss: 'categoricalCrossentropy' });
  const mean = () => Array.from<number>(network.getLayer(name).getWeights()[2]?.dataSync() ?? []);
  const [start, { images: pixels, labels: classes }] = [mean(), given()];
  await model.trainOnBatch(pixels, classes);
  expect(largestDifference(mean(), start)).toBeGreaterThan(1e-3);
});

test('losses are those of TensorFlow.js, whose BatchNorm is patched', async () => {
  honourTrainable(tf);
  Object.assign(theirs, given());
  Object.assign(ours, { images, validationImages: heldOut, labels, console: quiet });
  await runBlock(document.take(HEADINGS[0], 'js'), theirs, modules);
  await runBlock(document.take(HEADINGS[0], 'ts'), ours);
  const model = ours.model as ResNet;
  const backbone = model.layers.filter(({ head }) => !head);
  expect(backbone.every(({ trainable }) => !trainable)).toBe(true);
  const statistics = async () => (await model.state())['bn1.running_mean']?.data;
  const start = await statistics();

  await runBlock(document.take(HEADINGS[1], 'js'), theirs, modules);
  await runBlock(document.take(HEADINGS[1], 'ts'), ours);
  const history = theirs.history as Record<string, number[]>;
  expect(Object.keys(history).sort()).toEqual(['acc', 'loss', 'val_acc', 'val_loss']);
  const { loss, valLoss, accuracy, valAccuracy } = ours.history as History;
  expect(loss).toHaveLength(4);
  expect(farthest(loss, history.loss ?? [])).toBeLessThan(1e-4);
  expect(farthest(valLoss, history.val_loss ?? [])).toBeLessThan(1e-4);
  expect(largestDifference(accuracy, history.acc ?? [])).toBeLessThan(1e-6);
  expect(largestDifference([1, ...valAccuracy], [1, ...(history.val_acc ?? [])])).toBeLessThan(1e-6);
  // The comparison says something: the loss moves.
  expect(loss.at(-1)).toBeLessThan(0.95 * (loss[0] ?? 0));
  expect(await statistics()).toEqual(start);
  const input = { data: images, shape: [IMAGES, SIDE, SIDE, 3] };
  const { data } = await model.apply(input, { precision: 'float32' });
  expect(largestDifference(await predict(tf, 'trained', images, SIDE), data)).toBeLessThan(1e-4);
});

test('layers, a step, and stopping', async () => {
  await runBlock(document.take(HEADINGS[2], 'js'), theirs, modules);
  await runBlock(document.take(HEADINGS[2], 'ts'), ours);
  const kernel = theirs.kernel as TfTensor;
  const { data, shape } = ours.kernel as Tensor;
  expect(shape).toEqual(kernel.shape);
  expect(
    Buffer.compare(
      Buffer.from(data.buffer, data.byteOffset, data.byteLength),
      Buffer.from((await kernel.data()).buffer),
    ),
  ).toBe(0);
  expect(farthest([ours.loss as number], [theirs.loss as number])).toBeLessThan(1e-4);
  expect((ours.stopped as History).epoch).toEqual([0, 1]);
});
