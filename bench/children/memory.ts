/** Trains in a process of its own and tells the most memory that it ever had resident. */
import { readFileSync } from 'node:fs';
import { adam, imageFolder, linearHead, ResNet50 } from '../../lib/index.ts';
import { type Level, setLevel } from '../measuring/levels.ts';
import { answer, childParameters } from './child.ts';

export interface MemoryParameters {
  folder: string;
  /** null: random ones, which take as much room. */
  weights: string | null;
  level: Level;
  batchSize: number;
  epochs: number;
}

const { folder, weights, level, batchSize, epochs } = childParameters<MemoryParameters>();
const { train } = await imageFolder(folder);
const model = await ResNet50.load({ weights, device: 'cpu' });
model.replaceHead(linearHead(train.classes.length), { seed: 1 });
setLevel(model, level);
model.compile({ optimizer: adam({ learningRate: 1e-4 }) });
await model.fit(train, { epochs, batchSize });

const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
answer({ peakKiB: Number(peak) });
