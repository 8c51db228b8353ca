import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../../lib/errors.ts';
import { ResNet50 } from '../../lib/index.ts';
import { drawPixels } from '../measuring/drawn.ts';
import { type Command, measure } from '../measuring/process.ts';

/** Logits may differ by so much from thaw's in float32 before a system counts as another network. */
const TOLERANCE = 1e-3;

/** A process that computes the logits of these pixels from the file, and tells them as a list. */
export type Check = (job: {
  readonly work: 'logits';
  readonly weights: string;
  readonly pixels: string;
  readonly shape: readonly number[];
}) => Promise<Command>;

/** The same ImageNet weights in the form that each system reads, made once and checked before anything is timed. */
export interface Weights {
  /** As they were given: thaw reads them itself. @throws ThawError where there are none */
  original(): string;
  /** Written by thaw in the format that the name ends in. @throws ThawError ERR_BENCH_PEER for another network */
  as(name: string, check: Check): Promise<string>;
}

export function weightsOf(original: () => string, folder: string): Weights {
  const made = new Map<string, Promise<string>>();
  const make = async (weights: string, check: Check) => {
    await mkdir(path.dirname(weights), { recursive: true });
    const model = await ResNet50.load({ weights: original(), device: 'cpu' });
    await model.save(weights);
    const { data, file: pixels, shape } = await drawPixels(4, folder);
    const expected = (await model.apply({ data, shape }, { precision: 'float32' })).data;
    model.dispose();
    const { told } = await measure(await check({ work: 'logits', weights, pixels, shape }));
    const logits = told.at(-1)?.logits;
    const difference = Math.max(...Array.from(expected, (logit, i) => Math.abs(logit - Number(logits?.[i]))));
    if (difference <= TOLERANCE) return weights;
    const message = `${path.basename(weights)} is another network: a logit differs by ${difference}, more than ${TOLERANCE}.`;
    throw new ThawError('ERR_BENCH_PEER', message);
  };
  return {
    original,
    as: (name, check) => {
      const file = made.get(name) ?? make(path.join(folder, name), check);
      made.set(name, file);
      return file;
    },
  };
}
