import path from 'node:path';
import { which } from '../../lib/system/which.ts';
import type { Command } from '../measuring/process.ts';
import type { Python } from './python.ts';
import { EPSILON, type Missing, type StepsJob, type System } from './system.ts';
import type { Of } from './thaw.ts';

const PACKAGES = ['torch', 'torchvision', 'numpy', 'pillow'];

interface Variant {
  readonly title: string;
  readonly trains?: true;
  readonly slow?: true;
  readonly caches?: true;
  readonly compiles?: true;
  /** Whether it does these steps; peers/pytorch/steps.py says how. */
  readonly steps?: (job: StepsJob, cuda: boolean) => boolean;
}

/** PyTorch as its tutorial writes it, as an expert tunes it, and with what is to be written by hand. */
const VARIANTS: Readonly<Record<string, Variant>> = {
  tutorial: {
    title: 'PyTorch, tutorial',
    trains: true,
    slow: true,
    steps: ({ task }, cuda) => task === 'forward' && !cuda,
  },
  tuned: { title: 'PyTorch, tuned', trains: true, steps: ({ task }) => task === 'forward' },
  compiled: {
    title: 'PyTorch, tuned + compile',
    trains: true,
    compiles: true,
    steps: ({ task, precision }, cuda) => task === 'forward' || (cuda && precision === 'bfloat16'),
  },
  cached: { title: 'PyTorch, feature cache', trains: true, caches: true },
  plain: {
    title: 'PyTorch, eager',
    steps: ({ task, precision }) => task !== 'forward' && precision === 'float32',
  },
  autocast: {
    title: 'PyTorch, autocast',
    steps: ({ task, precision }) => task !== 'forward' && precision === 'bfloat16',
  },
  cast: {
    title: 'PyTorch, float32 masters',
    steps: ({ task, precision }, cuda) => task !== 'forward' && precision === 'bfloat16' && !cuda,
  },
  folded: {
    title: 'PyTorch, folded by hand',
    steps: ({ task }, cuda) => task !== 'forward' && !task.startsWith('everything') && !cuda,
  },
};

export function pytorch(python: Python, of: Of): (System | Missing)[] {
  const advice = python.lacks(PACKAGES);
  if (advice !== undefined) return [{ title: 'PyTorch', advice }];
  return Object.entries(VARIANTS).map(([name, variant]) => {
    if (variant.compiles && !['c++', 'g++', 'clang++'].some((compiler) => which(compiler, process.env)))
      return { title: variant.title, advice: 'torch.compile needs a C++ compiler on the PATH, such as g++.' };
    return system(name, variant, python, of);
  });
}

function system(variant: string, about: Variant, python: Python, { weights, folder, device }: Of): System {
  const { title, trains, steps, slow = false, caches = false, compiles = false } = about;
  let runs = 0;
  const command = async (script: string, job: object): Promise<Command> => {
    const file = await weights.as('resnet50.pth', (given) =>
      python.command('pytorch/logits.py', given, folder),
    );
    const parameters = { ...job, variant, device, weights: file, epsilon: EPSILON };
    const made = await python.command(`pytorch/${script}.py`, parameters, folder);
    // What was compiled is kept between these runs, as on a user's machine, and nothing older is found.
    return { ...made, env: { ...made.env, TORCHINDUCTOR_CACHE_DIR: path.join(folder, 'inductor') } };
  };
  return {
    name: `pytorch-${variant}`,
    title,
    slow,
    caches,
    compiles,
    ...(trains && {
      train: (job) =>
        command('train', { ...job, out: path.join(folder, `pytorch-${variant}-${++runs}.pth`) }),
    }),
    // With everything trained there is nothing to keep.
    trains: (level) => !caches || level !== 'everything',
    steps: (job) => (steps?.(job, device === 'cuda') ? () => command('steps', job) : undefined),
    ...(variant === 'tutorial' && { predict: (image) => command('predict', { image }) }),
  };
}
