/** The code of docs/from-pytorch.md, run in PyTorch and here. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Random } from '../../lib/demo/random.ts';
import {
  adam,
  type Dataset,
  type History,
  imageArray,
  linearHead,
  type ResNet,
  ResNet50,
  type Tensor,
} from '../../lib/index.ts';
import { compile } from '../../lib/options/compile.ts';
import { fit } from '../../lib/options/fit.ts';
import { load, save } from '../../lib/options/load.ts';
import { optimizers } from '../../lib/options/optimizers.ts';
import { defaultsOf } from '../support/defaults.ts';
import { farthest, largestDifference } from '../support/difference.ts';
import { Document, runBlock, type Scope } from '../support/document.ts';
import { temporaryFolder } from '../support/folders.ts';
import { drawFolder } from '../support/images.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const python = pythonWith('torch', 'torchvision', 'PIL') ?? '';
const [SIDE, IMAGES, CLASSES] = [64, 16, 10];
const names = Array.from({ length: CLASSES }, (_, index) => `class ${index}`);
const small = { device: 'cpu', inputShape: [SIDE, SIDE, 3] } as const;
const document = new Document('docs/from-pytorch.md');

interface Peer {
  classes: string[];
  files: string[];
  defaults: Record<'adam' | 'adamw' | 'sgd', unknown[]>;
  weighted: [perImage: number, perWeight: number];
  losses: [head: number[], deeper: number[]];
  statistics: Record<string, number[]>;
  opened: number[];
}

test('every option of the table is there', () => {
  const tables: Record<string, object> = { fit, compile, load, save };
  const [, table = ''] = document.text.split('## What stands where');
  const cells =
    table
      .split('\n## ')[0]
      ?.match(/(?<=\| )[^|]+(?= \|$)/gm)
      ?.slice(1, -1) ?? [];
  const options = cells.flatMap((cell) =>
    cell.split('; ').flatMap((part) => {
      const [call = '', ...given] = [...part.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
      return given.map((name) => ({ call, name }));
    }),
  );
  expect(options.length).toBeGreaterThan(12);
  expect(options.filter(({ call, name }) => !(name in (tables[call] ?? {})))).toEqual([]);
});

(python ? describe : describe.skip)('from PyTorch', () => {
  const folder = temporaryFolder();
  const before = process.cwd();
  const scope: Scope = {};
  let pytorch: Peer;
  let input: Tensor & { data: Float32Array };
  let saved: Float32Array;

  beforeAll(async () => {
    process.chdir(folder);
    for (const half of ['train', 'validation']) await drawFolder(path.join('photos', half), names, 1);
    // Every picture comes with four labels: the loss stays well above zero, where float32 holds only its first digits.
    const random = new Random(7);
    const size = SIDE * SIDE * 3;
    const pictures = Float32Array.from({ length: 4 * size }, () => random.normal());
    const data = Float32Array.from({ length: IMAGES * size }, (_, at) => {
      const picture = Math.floor(at / size) >> 2;
      return pictures[picture * size + (at % size)] as number;
    });
    input = { data, shape: [IMAGES, SIDE, SIDE, 3] };
    writeFileSync('pixels.f32', data);
    const model = await ResNet50.load({ weights: null, ...small });
    model.replaceHead(linearHead(CLASSES));
    await runBlock(document.take('Files', 'ts'), { model });
    saved = Float32Array.from((await model.apply(input, { precision: 'float32' })).data);
    model.dispose();
    const headings = ['Photographs', 'The network and its head', 'The loop', 'Files'];
    const blocks = Object.fromEntries(headings.map((heading) => [heading, document.take(heading, 'python')]));
    writeFileSync('blocks.json', JSON.stringify(blocks));
    pytorch = runPeer(python, 'from_pytorch.py', [folder]);
  }, 600_000);
  afterAll(() => {
    (scope.model as ResNet | undefined)?.dispose();
    process.chdir(before);
    expect(document.left).toEqual([]);
  });

  test('folders are the same classes and files', async () => {
    await runBlock(document.take('Photographs', 'ts'), scope);
    const { source } = scope.train as Dataset;
    expect(scope.classes).toEqual(pytorch.classes);
    expect(source).toMatchObject({ kind: 'files', paths: pytorch.files });
    expect((scope.validation as Dataset).size).toBe(CLASSES);
  });

  test('defaults are those that are said', () => {
    const { adam, adamw, sgd } = optimizers;
    const adaptive = ['learningRate', 'beta1', 'beta2', 'epsilon', 'weightDecay'];
    expect(defaultsOf(adam.options, ...adaptive)).toEqual([0.001, 0.9, 0.999, 1e-7, 0]);
    expect(pytorch.defaults.adam).toEqual([0.001, [0.9, 0.999], 1e-8, 0]);
    expect(defaultsOf(adamw.options, ...adaptive)).toEqual([0.001, 0.9, 0.999, 1e-7, 0.004]);
    expect(pytorch.defaults.adamw).toEqual([0.001, [0.9, 0.999], 1e-8, 0.01]);
    expect(defaultsOf(sgd.options, 'learningRate', 'momentum', 'nesterov', 'weightDecay')).toEqual([
      0.01,
      0.9,
      false,
      0,
    ]);
    expect(pytorch.defaults.sgd).toEqual([0.001, 0, false, 0]);
  });

  test('losses are those of PyTorch, step by step: the head, then layer4 as well', async () => {
    await runBlock(
      document.take('The network and its head', 'ts', {
        "'resnet50.pth'": `'resnet50.pth', device: 'cpu', inputShape: [${SIDE}, ${SIDE}, 3]`,
      }),
      scope,
    );
    const model = scope.model as ResNet;
    const labels = Array.from({ length: IMAGES }, (_, image) => image % CLASSES);
    scope.train = imageArray(input.data, { shape: [IMAGES, SIDE, SIDE, 3], labels, classes: names });
    // Nothing moves: what is measured is the loss of the first batch.
    model.compile({ optimizer: adam({ learningRate: 0 }) });
    const { loss } = await model.trainOnBatch(scope.train as Dataset, {
      precision: 'float32',
      classWeight: { 'class 3': 5 },
    });
    const [perImage, perWeight] = pytorch.weighted;
    expect(farthest([loss], [perImage])).toBeLessThan(1e-4);
    expect(farthest([loss], [perWeight])).toBeGreaterThan(0.1);

    await runBlock(document.take('The loop', 'ts'), scope);
    const losses = [scope.head, scope.deeper].map((run) => (run as History).loss);
    expect(losses.flat()).toHaveLength(10);
    expect(farthest(losses.flat(), pytorch.losses.flat())).toBeLessThan(1e-4);
    const state = await model.state();
    const statistics = Object.entries(pytorch.statistics);
    expect(statistics.length).toBeGreaterThan(10);
    for (const [name, values] of statistics) {
      expect(largestDifference(state[name]?.data.subarray(0, 8) ?? [], values)).toBeLessThan(1e-3);
    }
    // The comparison says something: the loss moves.
    expect(losses.flat().at(-1)).toBeLessThan(0.8 * (losses.flat()[0] ?? 0));
  }, 600_000);

  test('a state dict that is saved is a state dict of torchvision', () => {
    expect(largestDifference(saved, pytorch.opened)).toBeLessThan(1e-4);
  });
});
