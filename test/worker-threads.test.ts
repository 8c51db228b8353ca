import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import { ResNet18 } from '../lib/index.ts';

// The built package: a worker is a Node of its own, without jest's transforms.
const library = path.join(packageRoot(), 'dist', 'lib', 'index.js');

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  import(workerData.library).then(async ({ ResNet18, adam, imageArray, linearHead }) => {
    const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
    model.freeze();
    model.replaceHead(linearHead(2));
    model.compile({ optimizer: adam() });
    const data = Float32Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => Math.sin(i));
    const train = imageArray(data, { shape: [8, 32, 32, 3], labels: [0, 1, 0, 1, 0, 1, 0, 1], classes: ['a', 'b'] });
    const callbacks = { onEpochEnd: (epoch) => parentPort.postMessage({ epoch }) };
    const { loss } = await model.fit(train, { epochs: workerData.epochs, batchSize: 4, callbacks });
    parentPort.postMessage({ loss });
  });
`;

interface Message {
  epoch?: number;
  loss?: number[];
}

function start(epochs: number): Worker {
  return new Worker(program, { eval: true, workerData: { library, epochs } });
}

test('two workers train at once, beside a model on the main thread', async () => {
  const here = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  const losses = await Promise.all(
    [start(2), start(2)].map(
      (worker) =>
        new Promise<number[]>((resolve, reject) => {
          worker.on('error', reject);
          worker.on('message', ({ loss }: Message) => loss && resolve(loss));
        }),
    ),
  );
  expect(losses[0]).toHaveLength(2);
  expect(losses[1]).toEqual(losses[0]);
  expect(here.device).toBe('cpu');
});

test('a worker that is terminated while it trains stops training and ends', async () => {
  const worker = start(1_000_000);
  await new Promise((resolve) => worker.once('message', resolve));
  await expect(worker.terminate()).resolves.toBeDefined();
});
