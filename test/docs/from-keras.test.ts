/** The code of docs/from-keras.md, run in Keras and here; dropout, which every library draws for itself, is left out. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Random } from '../../lib/demo/random.ts';
import { writeKeras } from '../../lib/formats/keras/write.ts';
import {
  type Dataset,
  dense,
  dropout,
  flatten,
  type History,
  imageArray,
  type ResNet,
} from '../../lib/index.ts';
import { earlyStopping, fit } from '../../lib/options/fit.ts';
import { headLayers } from '../../lib/options/head-layers.ts';
import { optimizers } from '../../lib/options/optimizers.ts';
import { defaultsOf } from '../support/defaults.ts';
import { farthest, largestDifference } from '../support/difference.ts';
import { Document, runBlock, type Scope } from '../support/document.ts';
import { describeNetwork, drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { drawFolder } from '../support/images.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const python = pythonWith('keras', 'tensorflow') ?? '';
const [SIDE, IMAGES, HELD_OUT, CLASSES] = [64, 16, 8, 10];
const MEAN = [123.68, 116.779, 103.939];
const names = Array.from({ length: CLASSES }, (_, index) => `class ${index}`);
const document = new Document('docs/from-keras.md');
const CHANGES = { '224, 224': `${SIDE}, ${SIDE}`, '0.5': '0.0' };

interface Peer {
  classes: string[];
  images: number[];
  defaults: Record<string, unknown[]>;
  names: string[];
  kernel: number[];
  shapes: number[][];
  predictions: number[];
  opened: number[];
  loss: number[][];
  valLoss: number[][];
  accuracy: number[][];
  epoch: number[];
  steps: number[];
}

(python ? describe : describe.skip)('from Keras', () => {
  const folder = temporaryFolder();
  const before = process.cwd();
  const scope: Scope = {};
  let keras: Peer;
  let pixels: Float32Array;

  beforeAll(async () => {
    process.chdir(folder);
    await drawFolder(path.join(folder, 'photos'), names, 5);
    const head = [
      flatten(),
      dense(256, { activation: 'relu' }),
      dropout(0),
      dense(CLASSES, { activation: 'softmax' }),
    ];
    const model = drawnModel(describeNetwork('resnet50', head, { variant: 'keras', side: SIDE }), 7);
    await writeKeras('model.keras', model);
    await writeKeras('start.weights.h5', model, 'nested');
    await writeKeras('resnet50.weights.h5', { ...model, description: { ...model.description, head: [] } });
    // Every picture comes with four labels: the loss stays well above zero, where float32 holds only its first digits.
    const random = new Random(7);
    const size = SIDE * SIDE * 3;
    const pictures = Float32Array.from({ length: 4 * size }, () => Math.floor(random.between(0, 256)));
    pixels = Float32Array.from({ length: (IMAGES + HELD_OUT) * size }, (_, at) => {
      const image = Math.floor(at / size);
      const picture = image < IMAGES ? image >> 2 : (image - IMAGES) >> 1;
      const value = pictures[picture * size + (at % size)] as number;
      return image < IMAGES ? value : Math.min(255, value + Math.floor(random.between(0, 30)));
    });
    writeFileSync('pixels.f32', pixels);
    const blocks = {
      Photographs: document.take('Photographs', 'python'),
      'The network and its head': document.take('The network and its head', 'python', CHANGES),
      ...Object.fromEntries(
        ['Layers and files', 'Training, and going deeper', 'A step at a time, and stopping'].map(
          (heading) => [heading, document.take(heading, 'python')],
        ),
      ),
    };
    writeFileSync('blocks.json', JSON.stringify(blocks));
    keras = runPeer(python, 'from_keras.py', [folder]);
  }, 600_000);
  afterAll(() => {
    (scope.model as ResNet | undefined)?.dispose();
    process.chdir(before);
    expect(document.left).toEqual([]);
  });

  test('folders are the same classes, and as many images of each half', async () => {
    await runBlock(document.take('Photographs', 'ts'), scope);
    const { classes, train, validation } = scope as {
      classes: string[];
      train: Dataset;
      validation: Dataset;
    };
    expect(classes).toEqual(keras.classes);
    expect([train.size, validation.size]).toEqual(keras.images);
  });

  test('defaults are those that are said', () => {
    const { adam, adamw, sgd } = optimizers;
    const rates = ['learningRate', 'beta1', 'beta2', 'epsilon'];
    const { earlyStopping: stopping, folder: cropped, sgd: theirs, ...defaults } = keras.defaults;
    expect(cropped).toEqual([false]);
    expect({
      adam: defaultsOf(adam.options, ...rates),
      adamw: defaultsOf(adamw.options, ...rates, 'weightDecay'),
      batchNormalization: defaultsOf(headLayers.batchNormalization.options, 'momentum', 'epsilon'),
      fit: defaultsOf(fit, 'epochs', 'shuffle', 'initialEpoch'),
    }).toEqual(defaults);
    expect(defaultsOf(sgd.options, 'learningRate', 'momentum', 'nesterov')).toEqual([0.01, 0.9, false]);
    expect(theirs).toEqual([0.01, 0, false]);
    expect(stopping).toEqual(['val_loss', 0, false]);
    expect(defaultsOf(earlyStopping, 'monitor', 'patience', 'restoreBestWeights')).toEqual([
      'valLoss',
      0,
      true,
    ]);
  });

  test('the network, its layers and their weights are those of Keras', async () => {
    await runBlock(document.take('The network and its head', 'ts', CHANGES), scope);
    await runBlock(document.take('Layers and files', 'ts'), scope);
    const model = scope.model as ResNet;
    expect(model.variant).toBe('keras');
    expect(model.layers.map(({ trainable }) => trainable)).toEqual(model.layers.map(({ head }) => head));
    expect(scope.names).toEqual(keras.names);
    const [kernel, bias] = [scope.kernel, scope.bias] as { data: Float32Array; shape: number[] }[];
    expect([kernel?.shape, bias?.shape]).toEqual(keras.shapes);
    expect(Array.from(kernel?.data.subarray(0, 100) ?? [])).toEqual(keras.kernel);
    const values = prepared().subarray(0, IMAGES * SIDE * SIDE * 3);
    const input = { data: values, shape: [IMAGES, SIDE, SIDE, 3] };
    const { data } = await model.apply(input, { precision: 'float32' });
    expect(largestDifference(data, keras.predictions)).toBeLessThan(1e-4);
    expect(largestDifference(keras.opened, keras.predictions)).toBeLessThan(1e-6);
    // The comparison says something: pictures differ.
    expect(largestDifference(data.slice(0, CLASSES), data.slice(-CLASSES))).toBeGreaterThan(0.01);
  });

  test('imageArray takes bytes, and values that are prepared', async () => {
    const bytes = Uint8Array.from(pixels.subarray(0, IMAGES * SIDE * SIDE * 3));
    const labels = Array.from({ length: IMAGES }, (_, image) => image % CLASSES);
    const inMemory: Scope = { pixels: bytes, labels, classes: names };
    const code = document.take('Preprocessing', 'ts');
    await runBlock(code, inMemory);
    const model = scope.model as ResNet;
    model.compile();
    const { loss } = await model.evaluate(inMemory.batch as Dataset, { precision: 'float32' });
    expect(loss).toBeGreaterThan(0);
    const values = prepared();
    const half = (begin: number, count: number) =>
      imageArray(values.slice(begin * SIDE * SIDE * 3, (begin + count) * SIDE * SIDE * 3), {
        shape: [count, SIDE, SIDE, 3],
        labels: labels.slice(0, count),
        classes: names,
      });
    Object.assign(scope, { train: half(0, IMAGES), validation: half(IMAGES, HELD_OUT) });
  });

  test('losses are those of Keras, step by step: frozen, with the last ten layers, and going on', async () => {
    const console = { log: () => undefined };
    await runBlock(document.take('Training, and going deeper', 'ts'), Object.assign(scope, { console }));
    await runBlock(document.take('A step at a time, and stopping', 'ts'), scope);
    const runs = ['history', 'deeper', 'more', 'stopped'].map((name) => scope[name] as History);
    const columns = (name: 'loss' | 'valLoss') => runs.map((run) => run[name]);
    expect(columns('loss').map(({ length }) => length)).toEqual([15, 15, 3, 1]);
    for (const name of ['loss', 'valLoss'] as const) {
      const apart = columns(name).map((losses, i) => farthest(losses, keras[name][i] ?? []));
      expect(Math.max(...apart)).toBeLessThan(1e-4);
    }
    expect(runs.map(({ accuracy }) => accuracy.map(Math.fround))).toEqual(
      keras.accuracy.map((run) => run.map(Math.fround)),
    );
    expect(farthest(scope.steps as number[], keras.steps)).toBeLessThan(1e-4);
    expect(runs[1]?.epoch).toEqual(keras.epoch);
    // The comparison says something: the loss moves, and weights of classes change it.
    const [frozen = [], deeper = []] = keras.loss;
    expect(frozen.at(-1)).toBeLessThan(0.7 * (frozen[0] ?? 0));
    expect(deeper.at(-1)).toBeLessThan(0.9 * (deeper[0] ?? 0));
    expect(deeper[0]).toBeGreaterThan(1.1 * (frozen.at(-1) ?? 0));
  }, 600_000);

  /** Caffe's values in RGB. */
  function prepared(): Float32Array {
    return pixels.map((value, at) => value - (MEAN[at % 3] as number));
  }
});
