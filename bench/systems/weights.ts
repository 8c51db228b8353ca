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
export class Weights {
  /** As they were given: thaw reads them itself. @throws ThawError where there are none */
  readonly original: () => string;
  readonly #folder: string;
  readonly #made = new Map<string, Promise<string>>();

  constructor(original: () => string, folder: string) {
    this.original = original;
    this.#folder = folder;
  }

  /** Written by thaw in the format that the name ends in. @throws ThawError ERR_BENCH_PEER for another network */
  as(name: string, check: Check): Promise<string> {
    const made = this.#made.get(name) ?? this.#make(path.join(this.#folder, name), check);
    this.#made.set(name, made);
    return made;
  }

  async #make(weights: string, check: Check): Promise<string> {
    await mkdir(path.dirname(weights), { recursive: true });
    const model = await ResNet50.load({ weights: this.original(), device: 'cpu' });
    await model.save(weights);
    const { data, file: pixels, shape } = await drawPixels(4, this.#folder);
    const expected = (await model.apply({ data, shape }, { precision: 'float32' })).data;
    model.dispose();
    const { told } = await measure(await check({ work: 'logits', weights, pixels, shape }));
    const logits = told.at(-1)?.logits;
    const difference = Math.max(...Array.from(expected, (logit, i) => Math.abs(logit - Number(logits?.[i]))));
    if (difference <= TOLERANCE) return weights;
    const message = `${path.basename(weights)} is another network: a logit differs by ${difference}, more than ${TOLERANCE}.`;
    throw new ThawError('ERR_BENCH_PEER', message);
  }
}
