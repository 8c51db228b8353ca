import type { Family } from './family.ts';
import { number } from './kinds.ts';
import { share } from './run.ts';
import type { Option } from './table.ts';

const warmupEpochs = {
  kind: number({ minimum: 0 }),
  default: 0,
  written: 'EPOCHS',
  aliases: ['warmup'],
  help: 'over which the rate rises linearly to its full value',
} as const satisfies Option;

/** A schedule is an entry here, a function in model/schedules.ts, and its factor in the engine. */
export const schedules = {
  constant: { help: 'the full learning rate', options: { warmupEpochs } },
  cosine: {
    help: 'half a cosine down to its minimum (Loshchilov and Hutter 2016, without restarts)',
    options: {
      minimum: { kind: share, default: 0, help: 'share of the full rate at the end' },
      epochs: {
        kind: number({ minimum: 0 }),
        default: 0,
        help: 'its length, with the warm-up; 0: up to the last epoch of the run. For several calls of `fit`, say it',
      },
      warmupEpochs,
    },
  },
  step: {
    help: 'times gamma after every so many epochs',
    options: {
      every: { kind: number({ above: 0 }), required: true, help: 'epochs from one change to the next' },
      gamma: { kind: share, default: 0.1, help: 'what the rate is multiplied by' },
      warmupEpochs,
    },
  },
} as const satisfies Family;
