/** Measures thaw at one task, in a process of its own; the first pass over the batches is left out. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { adam, imageArray, type ResNet, ResNet50 } from '../../lib/index.ts';
import { type Level, setLevel } from '../measuring/levels.ts';
import { answer, childParameters } from './child.ts';

export interface SpeedParameters {
  level: Level;
  precision: 'float32' | 'bfloat16';
  state: string;
  pixels: string;
  shape: [number, number, number, number];
  labels: number[];
  batchSize: number;
  /** Passes over the batches that are measured. */
  epochs: number;
  learningRate: number;
  epsilon: number;
}

const parameters = childParameters<SpeedParameters>();
const bytes = readFileSync(parameters.pixels);
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const model = await ResNet50.load({ weights: parameters.state, device: 'cpu' });
const seconds = await train(model, parameters.level);
answer({ imagesPerSecond: (parameters.epochs * parameters.shape[0]) / seconds });

async function train(network: ResNet, level: Level): Promise<number> {
  const { shape, labels, batchSize, precision, learningRate, epsilon } = parameters;
  setLevel(network, level);
  network.compile({ optimizer: adam({ learningRate, epsilon }) });
  const classes = Array.from({ length: 10 }, (_, i) => String(i));
  // The event loop is idle while training goes on, so that an epoch is heard of when it ends.
  const ends: number[] = [];
  await network.fit(imageArray(data, { shape, labels, classes }), {
    epochs: 1 + parameters.epochs,
    batchSize,
    precision,
    cache: 'off', // the step is what is measured, the frozen part in it
    shuffle: false,
    callbacks: { onEpochEnd: () => ends.push(performance.now()) },
  });
  return ((ends.at(-1) ?? 0) - (ends[0] ?? 0)) / 1000;
}
