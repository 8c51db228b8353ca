import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import { ResNet18 } from '../lib/index.ts';
import { temporaryFolder } from './support/folders.ts';
import { drawFolder } from './support/images.ts';

// Processes of the built package that end while native threads compute.
const library = join(packageRoot(), 'dist', 'lib');
const folder = temporaryFolder();
const program = join(folder, 'program.mjs');

/** Computes, over and over, and says so after the first time. */
const computing = `
  import { ResNet18, imageArray, linearHead } from ${JSON.stringify(pathToFileURL(join(library, 'index.js')))};
  const small = { device: 'cpu', inputShape: [32, 32, 3] };
  const shape = [16, 32, 32, 3];
  const values = Float32Array.from({ length: 16 * 32 * 32 * 3 }, (_, i) => Math.sin(i));
  const data = imageArray(values, { shape, labels: shape.concat(shape, shape, shape).map((_, i) => i % 2), classes: ['a', 'b'] });
  const pixels = { data: new Uint8Array(values.length), shape };
  const file = ${JSON.stringify(join(folder, 'model.safetensors'))};
  const activities = {
    fit: (model, begun) =>
      model.fit(data, { epochs: 1e6, batchSize: 4, cache: 'off', callbacks: { onBatchEnd() {}, onEpochEnd: begun } }),
    evaluate: (model) => model.evaluate(data, { batchSize: 4 }),
    predict: (model) => model.predict(pixels, { batchSize: 4 }),
    load: () => ResNet18.load({ ...small, weights: file }).then((model) => model.dispose()),
    save: (model) => model.save(file + '.' + process.pid + '.safetensors'),
  };
  export async function compute(name, begun) {
    const model = await ResNet18.load({ ...small, weights: null });
    model.replaceHead(linearHead(2));
    model.compile();
    for (;;) {
      await activities[name](model, begun);
      begun();
    }
  }
`;
const names = ['fit', 'evaluate', 'predict', 'load', 'save'];

const main = `
  import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
  import { compute } from './computing.mjs';
  const endings = {
    exit: () => process.exit(7),
    throw: () => { throw new Error('on purpose'); },
    SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
    pipe: () => setInterval(() => process.stdout.write('more'), 1),
    terminate: () => Promise.all(workers.map((worker) => worker.terminate())),
    again: async () => {
      for (let i = 0; i < 20; i++) {
        const worker = new Worker(new URL(import.meta.url), { workerData: 'fit' });
        await new Promise((resolve) => worker.once('message', resolve));
        await new Promise((resolve) => setTimeout(resolve, i));
        await worker.terminate();
      }
    },
  };
  const workers = [];
  if (isMainThread) {
    const [ending, where, ...names] = process.argv.slice(2);
    const begun = names.map((name) => new Promise((resolve) => {
      if (where === 'here') return void compute(name, resolve);
      const worker = new Worker(new URL(import.meta.url), { workerData: name });
      worker.once('message', resolve);
      workers.push(worker);
    }));
    await Promise.all(begun);
    setTimeout(endings[ending]);
  } else {
    compute(workerData, () => parentPort.postMessage('begun'));
  }
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'computing.mjs'), computing);
  writeFileSync(program, main);
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  await model.save(join(folder, 'model.safetensors'));
  model.dispose();
  await drawFolder(join(folder, 'photos'), ['circle', 'square'], 8);
});

/** Runs to its end; closes its standard output once it writes there, or sends what `at` gives for its errors. */
async function ended(args: readonly string[], at?: (stderr: string) => NodeJS.Signals | undefined) {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  let stderr = '';
  child.stderr.on('data', (part) => {
    stderr += part;
    const signal = at?.(stderr);
    if (signal) child.kill(signal);
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code, signal] = await once(child, 'close');
  return { code, signal, stderr };
}

test.each(names)('process.exit() while it computes: %s', async (name) => {
  const { code, signal } = await ended([program, 'exit', 'here', name]);
  expect([code, signal]).toEqual([7, null]);
});

test.each([
  ['an uncaught error', 'throw', 'here', 1, null],
  ['a closed pipe', 'pipe', 'here', 1, null],
  ['a signal', 'SIGTERM', 'here', null, 'SIGTERM'],
  ['process.exit() beside workers', 'exit', 'workers', 7, null],
  ['terminated workers', 'terminate', 'workers', 0, null],
] as const)('training, loading and saving are under way: %s', async (_, ending, where, code, signal) => {
  const result = await ended([program, ending, where, 'fit', 'load', 'save']);
  expect([result.code, result.signal]).toEqual([code, signal]);
});

// What the engine tells meets an environment that runs nothing any more: not at each termination, hence many.
test('workers are terminated while they are told of epochs', async () => {
  const { code, signal, stderr } = await ended([program, 'again', 'here']);
  expect([code, signal, stderr]).toEqual([0, null, '']);
});

const train = [join(library, 'cli', 'main.js'), 'train', '--data', 'photos', '--architecture', 'resnet18'];
const settings = ['--weights', 'none', '--input-size', '32', '--batch-size', '4', '--epochs', '1000000'];

test('thaw train ends at once with the second Ctrl-C', async () => {
  const signs = [/epoch +1\//, /once more/];
  const { code, signal } = await ended([...train, ...settings, '--out', 'twice'], (stderr) => {
    if (!signs[0]?.test(stderr)) return undefined;
    signs.shift();
    return 'SIGINT';
  });
  expect([code, signal, signs]).toEqual([130, null, []]);
});

test('thaw train whose reader is gone ends without an error', async () => {
  const { code, signal, stderr } = await ended([...train, ...settings, '--json', '--quiet', '--out', 'pipe']);
  expect([code, signal, stderr]).toEqual([0, null, '']);
});
