import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { readConfig } from '../lib/config/file.ts';
import { resolveConfig } from '../lib/config/resolve.ts';
import { parseArguments } from '../lib/options/arguments.ts';
import { type TrainValues, trainFlags, trainOptions } from '../lib/options/train.ts';
import { parseClassWeight, parseHead, parseSchedule, parseUnfreeze } from '../lib/options/words.ts';
import { temporaryFolder } from './support/folders.ts';

test('the later layer wins, defaults fill the rest', () => {
  const config = resolveConfig([{ data: 'd', epochs: 3, seed: 5 }, { epochs: 4 }]);
  expect(config).toMatchObject({
    data: 'd',
    epochs: 4,
    seed: 5,
    batchSize: 32,
    weights: 'imagenet',
  });
  expect(resolveConfig([{}], { epochs: 2 }).epochs).toBe(2);
  expect(resolveConfig([{ epochs: 9 }], { epochs: 2 }).epochs).toBe(9);
});

test('the backbone takes a tenth of the learning rate, unless it is random or frozen', () => {
  const rates = (values: TrainValues) => {
    const { learningRate, backboneLearningRate } = resolveConfig([values]);
    return [learningRate, backboneLearningRate];
  };
  expect(rates({ unfreeze: 'all' })).toEqual([1e-3, 1e-4]);
  expect(rates({ unfreeze: 'layer4', learningRate: 0.5 })).toEqual([0.5, 0.05]);
  expect(rates({ unfreeze: 'layer4', backboneLearningRate: 0.5 })).toEqual([1e-3, 0.5]);
  expect(rates({ unfreeze: 'all', weights: 'none' })).toEqual([1e-3, undefined]);
  expect(rates({})).toEqual([1e-3, undefined]);
});

test('the learning rate follows the optimizer', () => {
  expect(resolveConfig([{}]).learningRate).toBe(1e-3);
  expect(resolveConfig([{ optimizer: 'sgd' }]).learningRate).toBe(1e-2);
  expect(resolveConfig([{ optimizer: 'sgd', learningRate: 0.5 }]).learningRate).toBe(0.5);
});

test('a choice between --val and --validation-split on the command line overrides the file', () => {
  expect(resolveConfig([{ data: 'd', validationSplit: 0.3 }, { val: 'v' }])).toMatchObject({
    val: 'v',
    validationSplit: 0,
  });
  const split = resolveConfig([{ data: 'd', val: 'v', validationSplit: 0 }, { validationSplit: 0.3 }]);
  expect(split.validationSplit).toBe(0.3);
  expect(split.val).toBeUndefined();
});

test('paths in a file are relative to it; names of weights are no paths; the written config is read again', async () => {
  const root = temporaryFolder();
  const file = join(root, 'run.json');
  writeFileSync(file, JSON.stringify({ data: 'photos', weights: 'w.pth', val: '/abs' }));
  expect(await readConfig(file)).toEqual({
    data: join(root, 'photos'),
    weights: join(root, 'w.pth'),
    val: '/abs',
  });
  const resolved = resolveConfig([{ data: '/d', weights: 'none' }]);
  writeFileSync(file, JSON.stringify({ thaw: '0.1.0', ...resolved }));
  expect(resolveConfig([await readConfig(file)])).toEqual(resolved);
});

test('options go on working under their earlier names, in a file and as flags', async () => {
  const file = join(temporaryFolder(), 'config.json');
  writeFileSync(file, JSON.stringify({ maxSkipped: 0.5, accumulate: 4, classWeights: 'auto' }));
  const today = { maxSkippedShare: 0.5, accumulationSteps: 4, classWeight: 'auto' };
  expect(await readConfig(file)).toEqual(today);
  const flags = ['--max-skipped', '0.5', '--accumulate', '4', '--class-weights=auto'];
  expect(parseArguments(flags, trainOptions, 'train').values).toEqual(today);
  const renamed = ['--max-skipped-share', '0.5', '--accumulation-steps', '4', '--class-weight=auto'];
  expect(parseArguments(renamed, trainOptions, 'train').values).toEqual(today);
});

test('a value may begin with a dash, and may be empty where that means something', () => {
  expect(() => parseArguments(['--learning-rate', '-1'], trainOptions, 'train')).toThrow('received -1');
  expect(parseArguments(['--json', 'a', '--', '--json'], trainFlags, 'train')).toEqual({
    values: { json: true },
    positionals: ['a', '--json'],
  });
});

test('heads', () => {
  expect(parseHead('linear', 3)).toEqual([
    { kind: 'globalAveragePooling' },
    { kind: 'dense', units: 3, activation: 'linear' },
  ]);
  expect(parseHead('flatten,dense:256:relu,dropout:0.5,dense', 10)).toEqual([
    { kind: 'flatten' },
    { kind: 'dense', units: 256, activation: 'relu' },
    { kind: 'dropout', rate: 0.5 },
    { kind: 'dense', units: 10, activation: 'linear' },
  ]);
  expect(parseHead('gap, bn, dense:4:softmax', 4).map(({ kind }) => kind)).toEqual([
    'globalAveragePooling',
    'batchNormalization',
    'dense',
  ]);
});

test.each([
  '',
  'dense,dense',
  'gap,dropout:1,dense',
  'gap,dense:5',
  'gap',
  'gap:1,dense',
  'gap,dense:0,dense',
  'gap,dense:8:gelu,dense',
  'gap,dense:8:relu:3,dense',
  'gap,dropout:,dense',
  'gap,bn:2,dense',
  'toString',
])('a head of %j is refused', (text) => {
  expect(() => parseHead(text, 4)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
});

test('schedules, layers to unfreeze and class weights', () => {
  expect(parseSchedule('cosine:warmup=1.5')).toMatchObject({ kind: 'cosine', warmupEpochs: 1.5 });
  expect(parseSchedule('step:3:0.5:warmup=1')).toEqual({
    kind: 'step',
    every: 3,
    gamma: 0.5,
    warmupEpochs: 1,
  });
  expect(parseSchedule('cosine:0.1')).toEqual({ kind: 'cosine', minimum: 0.1, epochs: 0, warmupEpochs: 0 });
  for (const text of [
    '',
    'step',
    'step:0:0.1',
    'step:3:2',
    'step:3:0.1:4',
    'constant:1',
    'cosine:warmup=-1',
  ]) {
    expect(() => parseSchedule(text)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }));
  }
  expect(parseSchedule('step:3')).toEqual({ kind: 'step', every: 3, gamma: 0.1, warmupEpochs: 0 });
  expect(parseUnfreeze('last:10')).toEqual({ last: 10 });
  expect(parseUnfreeze('layer4, layer3.5')).toEqual({ names: ['layer4', 'layer3.5'] });
  expect(parseClassWeight('cat:2,hot:dog:0.5')).toEqual({ cat: 2, 'hot:dog': 0.5 });
  expect(parseClassWeight('none')).toBeUndefined();
});
