/** Trains a head in a process of its own; tells how long the event loop was held up and what frozen layers did. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { adam, imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import { answer, childParameters } from './child.ts';

interface Parameters {
  weights: string;
  train: string;
  batchSize: number;
  learningRate: number;
}

const { weights, train: folder, batchSize, learningRate } = childParameters<Parameters>();
const { train } = await imageFolder(folder);
const model = await ResNet50.load({ weights, device: 'cpu' });
model.replaceHead(linearHead(train.classes.length), { seed: 1 });
model.freeze();
model.compile({ optimizer: adam({ learningRate }) });

const before = await movingStatistics();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
await model.fit(train, { epochs: 1, batchSize });
delay.disable();
const after = await movingStatistics();
const drifted = new Set(
  [...after].filter(([name, values]) => differs(values, before.get(name))).map(([name]) => normOf(name)),
);
const norms = new Set([...after.keys()].map(normOf));
answer({
  event: 'done',
  longestBlockSeconds: delay.max / 1e9,
  norms: norms.size,
  drifted: drifted.size,
});

/** Mean and variance of every BatchNorm, by name: all of them are frozen. */
async function movingStatistics(): Promise<Map<string, Float32Array>> {
  const state = await model.state();
  const kept = Object.entries(state).filter(([name]) => /running_(mean|var)$/.test(name));
  return new Map(kept.map(([name, { data }]) => [name, data]));
}

function normOf(name: string): string {
  return name.slice(0, name.lastIndexOf('.'));
}

function differs(a: Float32Array, b: Float32Array | undefined): boolean {
  return a.some((value, i) => value !== b?.[i]);
}
