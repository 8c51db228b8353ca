import { shortened } from '../validate.ts';
import { integer, number, oneOf, signal } from './kinds.ts';
import type { Kind, Option, Table } from './table.ts';

export const count = integer({ minimum: 1 });
export const seed = integer({ minimum: 0 });
export const share = number({ minimum: 0, maximum: 1 });

export const PRECISIONS = ['auto', 'float32', 'bfloat16'] as const;
export const KERNELS = ['plain', 'fused'] as const;
export const DECODES = ['exact', 'fast'] as const;
/** Of pixels: where Pillow refuses an image. */
export const MAX_PIXELS = 178_956_970;

/** How data is read and computed with; the same for training, evaluation and prediction. */
export const run = {
  batchSize: { kind: count, default: 32, group: 'Machine', help: 'images at a time' },
  precision: {
    kind: oneOf(PRECISIONS),
    default: 'auto',
    group: 'Machine',
    help: 'of the arithmetic; auto: bfloat16 where the device is faster in it; float32: on a GPU as well, no TF32',
  },
  kernels: {
    kind: oneOf(KERNELS),
    otherwise: 'fused on the CPU where oneDNN has it, plain on CUDA',
    group: 'Machine',
    help: "how frozen convolutions are computed; plain: by libtorch's own operators; fused: by oneDNN's or cuDNN's, with what follows in one",
  },
  threads: {
    kind: integer({ minimum: 0, maximum: 1024 }),
    default: 0,
    group: 'Machine',
    help: 'that read and decode images; 0: as many as cores',
  },
  decode: {
    kind: oneOf(DECODES),
    otherwise: 'as the model was trained; exact',
    group: 'Data',
    help: 'exact: every pixel, as other libraries; fast: large JPEG files at a half to an eighth of their size, which moves probabilities a little',
  },
  maxPixels: {
    kind: count,
    default: MAX_PIXELS,
    group: 'Data',
    help: 'an image that claims more, or whose file is larger than 8 bytes for each and 64 MiB, is unreadable',
  },
  maxSkippedShare: {
    kind: share,
    default: 0.1,
    group: 'Data',
    written: 'F',
    aliases: ['maxSkipped'],
    help: 'share of unreadable images, of training and validation together, beyond which it fails; fewer are left out; no matter among fewer than ten images, unless it is 0',
  },
  signal: { kind: signal, help: 'ends it at its next step' },
} as const satisfies Table;

/** How images are read where nothing is computed with them. */
const { threads, decode, maxPixels, signal: stopped } = run;
export const reading = { threads, decode, maxPixels, signal: stopped } as const satisfies Table;

const thresholds: Kind<number | Readonly<Record<string, number>>> = {
  ...share,
  expected: `${share.expected}, or an object of such by label`,
  check: (name, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return share.check(name, value);
    for (const [label, each] of Object.entries(value)) share.check(`${name}.${shortened(label)}`, each);
    return value as Readonly<Record<string, number>>;
  },
};

/** For models whose images may have many labels; a label that an object does not name has the default. */
const threshold = {
  kind: thresholds,
  default: 0.5,
  group: 'Model',
  help: 'probability above which an image is said to have a label, where it may have several',
} as const satisfies Option;

export const evaluate = { ...run, threshold } as const satisfies Table;

export const predict = {
  ...run,
  threshold,
  topK: { kind: count, default: 5, group: 'Model', help: 'how many labels an image gets' },
} as const satisfies Table;

export const apply = { precision: run.precision, kernels: run.kernels } as const satisfies Table;
