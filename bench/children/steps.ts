/** Thaw's steps over batches in memory, in a process of its own; the first pass over them is left out. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { adam, imageArray, linearHead, type ResNet, ResNet50 } from '../../lib/index.ts';
import { setTask, type Task } from '../measuring/levels.ts';
import type { StepsJob } from '../systems/system.ts';
import { answer, parameters } from './parameters.ts';

const job = parameters<StepsJob>();
const { weights, device, task, passes, batchSize, precision } = job;
const shape = job.shape as [number, number, number, number];
const bytes = readFileSync(job.pixels);
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const kernels = job.kernels !== undefined && { kernels: job.kernels };
const model = await ResNet50.load({ weights, device });
const seconds = task === 'forward' ? await forward(model) : await train(model, task);
answer({ imagesPerSecond: (passes * shape[0]) / seconds });

async function forward(network: ResNet): Promise<number> {
  const [images, height, width] = shape;
  const size = data.length / images;
  const pass = async () => {
    for (let i = 0; i < images; i += batchSize) {
      const end = Math.min(i + batchSize, images);
      const batch = { data: data.subarray(i * size, end * size), shape: [end - i, height, width, 3] };
      await network.apply(batch, { precision, ...kernels });
    }
  };
  await pass();
  const start = performance.now();
  for (let i = 0; i < passes; i++) await pass();
  return (performance.now() - start) / 1000;
}

async function train(network: ResNet, task: Task): Promise<number> {
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  network.replaceHead(linearHead(classes.length), { seed: 1 });
  setTask(network, task);
  network.compile({ optimizer: adam({ learningRate: 1e-4, epsilon: job.epsilon }) });
  // The event loop is idle while training goes on, so that an epoch is heard of when it ends.
  const ends: number[] = [];
  await network.fit(imageArray(data, { shape, labels: job.labels, classes }), {
    epochs: 1 + passes,
    batchSize,
    precision,
    // Without a cache the step is what is measured, the frozen part in it.
    cache: task.endsWith('-cached') ? 'auto' : 'off',
    shuffle: false,
    callbacks: { onEpochEnd: () => ends.push(performance.now()) },
    ...kernels,
  });
  return ((ends.at(-1) ?? 0) - (ends[0] ?? 0)) / 1000;
}
