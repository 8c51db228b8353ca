/** Trains a head in a process of its own; tells how long the event loop was held up and what frozen layers did. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isDeepStrictEqual } from 'node:util';
import { adam, imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import type { TrainJob } from '../systems/system.ts';
import { answer, parameters } from './parameters.ts';

const { weights, device, train: folder, batchSize, learningRate, epsilon } = parameters<TrainJob>();
const { train } = await imageFolder(folder);
const model = await ResNet50.load({ weights, device });
model.replaceHead(linearHead(train.classes.length), { seed: 1 });
model.freeze();
model.compile({ optimizer: adam({ learningRate, epsilon }) });

const before = await movingStatistics();
const delay = monitorEventLoopDelay({ resolution: 10 });
delay.enable();
await model.fit(train, { epochs: 1, batchSize });
delay.disable();
const after = await movingStatistics();
const norms = Object.keys(after);
const drifted = norms.filter((name) => !isDeepStrictEqual(after[name], before[name]));
const longestBlockSeconds = delay.max / 1e9;
answer({ event: 'done', longestBlockSeconds, norms: norms.length, drifted: drifted.length });

/** [mean, variance] of every BatchNorm, by name: all of them are frozen. */
async function movingStatistics(): Promise<Record<string, unknown>> {
  const state = await model.state();
  const names = Object.keys(state).filter((name) => name.endsWith('.running_mean'));
  return Object.fromEntries(
    names.map((name) => [name, [state[name]?.data, state[name.replace(/mean$/, 'var')]?.data]]),
  );
}
