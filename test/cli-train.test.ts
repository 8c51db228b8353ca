import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ThawError } from '../lib/errors.ts';
import type { LoadOptions } from '../lib/model/load.ts';
import { commandLine } from './support/command-line.ts';
import { fakeLibrary } from './support/fake-model.ts';
import { makeFiles, numbered, temporaryFolder } from './support/folders.ts';

function photos(): string {
  return makeFiles(temporaryFolder(), [...numbered('cat', 10), ...numbered('dog', 10)]);
}

const read = (folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const unavailable = new ThawError(
  'ERR_WEIGHTS_FETCH',
  'https://example.org/w cannot be fetched: getaddrinfo ENOTFOUND.',
);

test('what fails is one sentence and exit code 1, and nothing is half-written', async () => {
  const out = join(temporaryFolder(), 'run');
  const { api } = fakeLibrary({
    loadError: () => new ThawError('ERR_DEVICE_NOT_FOUND', 'There is no CUDA device.'),
  });
  const { code, stderr } = await commandLine(
    ['train', '--data', photos(), '--device', 'cuda', '--out', out, '--quiet'],
    api,
  );
  expect(stderr).toBe('thaw: There is no CUDA device.\n');
  expect(code).toBe(1);
  expect(existsSync(out)).toBe(false);
});

test('data that cannot be used fails before anything is loaded', async () => {
  const { api, loads } = fakeLibrary();
  const { code, stderr } = await commandLine(['train', '--data', 'nowhere'], api);
  expect(stderr).toMatch(/^thaw: .*nowhere does not exist\.\n$/);
  expect([code, loads.length]).toEqual([1, 0]);
});

test('an output folder that is a file is refused', async () => {
  const root = makeFiles(temporaryFolder(), ['taken']);
  const { code, stderr } = await commandLine(
    ['train', '--data', photos(), '--out', join(root, 'taken')],
    fakeLibrary().api,
  );
  expect(stderr).toMatch(/^thaw: Cannot write .*taken: a file of that name is in the way\.\n$/);
  expect(code).toBe(1);
});

test('an error is an event, too, with --json', async () => {
  const { api } = fakeLibrary({ loadError: () => new ThawError('ERR_OUT_OF_MEMORY', 'No memory.') });
  const { events } = await commandLine(['train', '--data', photos(), '--json'], api);
  expect(events).toEqual([{ event: 'error', code: 'ERR_OUT_OF_MEMORY', message: 'No memory.' }]);
});

test('a run leaves its folder complete and tells of it in events', async () => {
  const library = fakeLibrary({
    skipped: [{ name: 'cat/1.jpg', code: 'ERR_IMAGE_DECODE', reason: 'not an image' }],
  });
  const data = photos();
  const out = join(temporaryFolder(), 'run');
  const args = [
    'train',
    '--data',
    data,
    '--out',
    out,
    '--epochs',
    '3',
    '--json',
    '--unfreeze',
    'last:10',
    '--seed',
    '4',
  ];
  const { code, events, stderr } = await commandLine(args, library.api);
  expect(code).toBe(0);
  expect(readdirSync(out).sort()).toEqual([
    'config.json',
    'history.json',
    'model.safetensors',
    'quarantine.json',
    'report.html',
  ]);
  expect(Object.keys(read(out, 'history.json'))).toEqual([
    'loss',
    'accuracy',
    'valLoss',
    'valAccuracy',
    'epochSeconds',
    'imagesPerSecond',
    'learningRate',
  ]);
  for (const column of Object.values(read(out, 'history.json'))) expect(column).toHaveLength(3);
  expect(read(out, 'quarantine.json')).toContainEqual({
    kind: 'unreadable',
    decided: 'leftOut',
    names: ['cat/1.jpg'],
    reason: 'not an image',
    code: 'ERR_IMAGE_DECODE',
  });
  expect(read(out, 'config.json')).toMatchObject({
    data,
    epochs: 3,
    unfreeze: 'last:10',
    learningRate: 1e-3,
    backboneLearningRate: 1e-4,
    head: 'linear',
    architecture: 'resnet50',
    inputSize: 224,
    seed: 4,
  });

  expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'epoch', 'done']);
  expect(events[0]).toMatchObject({
    classes: ['cat', 'dog'],
    trainImages: 16,
    validationImages: 4,
    device: 'cpu',
    startEpoch: 0,
    cache: { boundary: 'avgpool', train: { place: 'memory', images: 16 } },
  });
  expect(events[1]).toMatchObject({ epoch: 1, epochs: 3, loss: 1, valAccuracy: 0.4 });
  expect(events[4]).toMatchObject({ out, model: join(out, 'model.safetensors'), epochs: 3, skipped: 1 });
  expect(stderr).toContain(
    'epoch 3/3  loss 0.3333  accuracy 87.5 %  val loss 0.3667  val accuracy 77.5 %  100 images/s  2.0 s',
  );
  expect(stderr).toContain('1 image cannot be read and is left out: cat/1.jpg (not an image)');
  expect(library.disposed).toBe(1);

  expect(library.calls.map(([name]) => name)).toEqual([
    'replaceHead',
    'freeze',
    'unfreeze',
    'compile',
    'save',
  ]);
  expect(library.calls[2]).toEqual(['unfreeze', { last: 10 }]);
  expect(library.fits[0]?.options).toMatchObject({
    epochs: 3,
    batchSize: 32,
    seed: 4,
    augment: 'none',
    precision: 'auto',
  });
  expect(library.fits[0]?.options.callbacks).not.toHaveProperty('onBatchEnd');
});

test('a batch size that is found stands in config.json; results of the frozen layers may go to its folder', async () => {
  const library = fakeLibrary();
  const out = join(temporaryFolder(), 'run');
  const args = ['train', '--data', photos(), '--out', out, '--batch-size', 'auto', '--cache', 'disk'];
  const { code, stderr } = await commandLine([...args, '--cache-memory', '0.5'], library.api);
  expect(code).toBe(0);
  expect(library.fits[0]?.options).toMatchObject({
    batchSize: 'auto',
    cache: { mode: 'disk', directory: join(out, 'cache'), memory: 5e8 },
  });
  expect(read(out, 'config.json')).toMatchObject({ batchSize: 8 });
  expect(stderr).toContain('8 images a step');
  expect(stderr).toContain('(65.5 kB after avgpool) are kept in memory');
  expect(stderr).toContain('time: frozen layers 60 %');
  const refused = await commandLine(['train', '--batch-size', 'many'], library.api);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain("a positive integer or 'auto'");
});

test('config.json repeats the run', async () => {
  const first = fakeLibrary();
  const out = join(temporaryFolder(), 'run');
  await commandLine(
    [
      'train',
      '--data',
      photos(),
      '--out',
      out,
      '--batch-size',
      '8',
      '--schedule',
      'cosine:warmup=1',
      '--head',
      'gap,dropout:0.2,dense',
    ],
    first.api,
  );
  const second = fakeLibrary();
  const again = await commandLine(
    ['train', '--config', join(out, 'config.json'), '--out', `${out}-2`],
    second.api,
  );
  expect(again.code).toBe(0);
  expect(read(`${out}-2`, 'config.json')).toEqual(read(out, 'config.json'));
  expect(second.calls).toEqual(first.calls);
  expect(second.fits[0]?.train).toEqual(first.fits[0]?.train);
});

test('without --data it draws images, once, and says so', async () => {
  const library = fakeLibrary();
  const cache = temporaryFolder();
  const cwd = temporaryFolder();
  const { code, stderr } = await commandLine(['train', '--epochs', '1'], library.api, { cache, cwd });
  expect(code).toBe(0);
  expect(stderr).toContain('No --data is given');
  expect(library.fits[0]?.train.classes).toEqual(['checks', 'dots', 'stripes']);
  expect(library.loads[0]?.options).toMatchObject({ weights: 'imagenet', inputShape: [96, 96, 3] });
  expect(readdirSync(join(cwd, 'runs'))).toHaveLength(1);
  let drawn = 0;
  library.api.writeImage = () => void drawn++;
  await commandLine(['train', '--epochs', '1'], library.api, { cache });
  expect(drawn).toBe(0);
});

test('only the demonstration goes on with random weights, in one visible line', async () => {
  const behaviour = {
    loadError: ({ weights }: LoadOptions) => (weights === 'imagenet' ? unavailable : undefined),
  };
  const demo = fakeLibrary(behaviour);
  const out = join(temporaryFolder(), 'run');
  const outcome = await commandLine(['train', '--epochs', '1', '--out', out], demo.api);
  expect(outcome.code).toBe(0);
  expect(outcome.stderr.match(/^.*random.*$/gm)).toHaveLength(1);
  expect(demo.loads.map(({ options }) => options.weights)).toEqual(['imagenet', null]);
  expect(read(out, 'config.json')).toMatchObject({ weights: 'none', epochs: 1 });

  for (const args of [
    ['--weights', 'imagenet'],
    ['--data', photos()],
  ]) {
    const { code, stderr } = await commandLine(['train', '--quiet', ...args], fakeLibrary(behaviour).api);
    expect(stderr).toContain(unavailable.message);
    expect(code).toBe(1);
  }
});

test('an interruption keeps the checkpoint, says how to go on, and the run goes on', async () => {
  const interruption = new AbortController();
  const out = join(temporaryFolder(), 'my run');
  const checkpointing = {
    writeCheckpoint(directory: string) {
      mkdirSync(directory, { recursive: true });
      writeFileSync(join(directory, '00000001.safetensors'), 'x');
    },
  };
  const first = fakeLibrary({
    ...checkpointing,
    afterEpoch: (epoch) => {
      if (epoch === 1) interruption.abort();
    },
  });
  const args = ['train', '--data', photos(), '--out', out, '--epochs', '4', '--json'];
  const stopped = await commandLine(args, first.api, { signal: interruption.signal });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain(
    `thaw: interrupted; the checkpoint is saved, go on with: npm run train -- --resume --out '${out}'`,
  );
  expect(stopped.events.at(-1)).toMatchObject({ event: 'interrupted' });
  expect(read(out, 'history.json').loss).toEqual([1, 1 / 2]);
  expect(existsSync(join(out, 'model.safetensors'))).toBe(false);

  const second = fakeLibrary({ ...checkpointing, startEpoch: 2 });
  const resumed = await commandLine(['train', '--resume', '--out', out], second.api);
  expect(resumed.code).toBe(0);
  expect(second.fits[0]?.options).toMatchObject({
    epochs: 4,
    checkpoint: { directory: join(out, 'checkpoint'), resume: true },
  });
  expect(second.fits[0]?.train).toEqual(first.fits[0]?.train);
  expect(read(out, 'history.json').loss).toEqual([1, 1 / 2, 1 / 3, 1 / 4]);
});

test('an interruption before training says so', async () => {
  const interruption = new AbortController();
  const { api } = fakeLibrary({
    loadError: () => {
      interruption.abort();
      return new ThawError('ERR_ABORTED', 'Loading was aborted.');
    },
  });
  const { code, stderr } = await commandLine(['train', '--data', photos(), '--quiet'], api, {
    signal: interruption.signal,
  });
  expect(stderr).toBe('thaw: interrupted before training began.\n');
  expect(code).toBe(130);
});

test('on a terminal one line is redrawn; elsewhere nothing per batch is asked for', async () => {
  const library = fakeLibrary();
  const { stderr } = await commandLine(['train', '--data', photos(), '--epochs', '1'], library.api, {
    tty: true,
  });
  const line = stderr.split('\r').find((part) => part.includes('left')) ?? '';
  expect(line).toMatch(/^epoch 1\/1 {2}█+░* {2}90 images\/s {2}1:05 left {2}loss 1\.000 {2}accuracy 50\.0 %/);
  for (const name of [
    'epoch 1/1  validation ████',
    'epoch 1/1  saving the checkpoint',
    'saving model.safetensors',
  ])
    expect(stderr).toContain(`\r${name}`);
  expect(stderr.split('\n').filter((each) => each.includes('saving'))).toHaveLength(2);
  expect(stderr).toContain('saving model.safetensors\x1b[K\r\x1b[K');
  expect(line.endsWith('\x1b[K')).toBe(true);
  const silent = await commandLine(['train', '--data', photos(), '--epochs', '1', '--quiet'], library.api, {
    tty: true,
  });
  expect([silent.stdout, silent.stderr]).toEqual(['', '']);
});
