import path from 'node:path';
import { which } from '../../lib/system/which.ts';
import type { Python } from './python.ts';
import { type Missing, type Of, peer, type StepsJob, type System } from './system.ts';

interface Variant {
  readonly title: string;
  readonly trains?: true;
  readonly slow?: true;
  readonly caches?: true;
  /** Whether it does these steps; peers/pytorch/steps.py says how. */
  steps?(job: StepsJob, cuda: boolean): boolean;
}

const forward = ({ task }: StepsJob) => task === 'forward';

/** PyTorch as its tutorial writes it, as an expert tunes it, and with what is to be written by hand. */
const VARIANTS: Readonly<Record<string, Variant>> = {
  tutorial: {
    title: 'PyTorch, tutorial',
    trains: true,
    slow: true,
    steps: (job, cuda) => forward(job) && !cuda,
  },
  tuned: { title: 'PyTorch, tuned', trains: true, steps: forward },
  compiled: {
    title: 'PyTorch, tuned + compile',
    trains: true,
    steps: (job, cuda) => forward(job) || (cuda && job.precision === 'bfloat16'),
  },
  cached: { title: 'PyTorch, feature cache', trains: true, caches: true },
  plain: {
    title: 'PyTorch, eager',
    steps: (job) => !forward(job) && job.precision === 'float32',
  },
  autocast: {
    title: 'PyTorch, autocast',
    steps: (job) => !forward(job) && job.precision === 'bfloat16',
  },
  cast: {
    title: 'PyTorch, float32 masters',
    steps: (job, cuda) => !forward(job) && job.precision === 'bfloat16' && !cuda,
  },
  folded: {
    title: 'PyTorch, folded by hand',
    steps: (job, cuda) => !forward(job) && !job.task.startsWith('everything') && !cuda,
  },
};

export function pytorch(python: Python, of: Of): (System | Missing)[] {
  const advice = python.lacks(['torch', 'torchvision', 'numpy', 'pillow']);
  if (advice !== undefined) return [{ title: 'PyTorch', advice }];
  // What was compiled is kept between these runs, as on a user's machine, and nothing older is found.
  const env = { TORCHINDUCTOR_CACHE_DIR: path.join(of.folder, 'inductor') };
  return Object.entries(VARIANTS).map(([variant, { title, trains, slow = false, caches = false, steps }]) => {
    if (variant === 'compiled' && !['c++', 'g++', 'clang++'].some((name) => which(name, process.env)))
      return { title, advice: 'torch.compile needs a C++ compiler on the PATH, such as g++.' };
    const does: System['does'] = (job) => {
      if (job.work === 'predict') return variant === 'tutorial';
      if (job.work === 'steps') return steps?.(job, of.device === 'cuda') ?? false;
      // With everything trained there is nothing to keep.
      return trains === true && !job.drift && !(caches && job.level === 'everything');
    };
    const program = (job: { work: string }) =>
      python.command(`pytorch/${job.work}.py`, { ...job, variant }, of.folder, env);
    return peer({ name: `pytorch-${variant}`, title, slow, caches, does }, 'resnet50.pth', program, of);
  });
}
