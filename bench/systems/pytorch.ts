import path from 'node:path';
import { which } from '../../lib/system/which.ts';
import type { Command } from '../measuring/process.ts';
import type { Python } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Weights } from './weights.ts';

export const PYTORCH_PACKAGES = ['torch', 'torchvision', 'numpy', 'pillow'] as const;

const VARIANTS = {
  tutorial: { title: 'PyTorch, tutorial', slow: true, caches: false },
  tuned: { title: 'PyTorch, tuned', slow: false, caches: false },
  compiled: { title: 'PyTorch, tuned + compile', slow: false, caches: false, compiles: true },
  cached: { title: 'PyTorch, feature cache', slow: false, caches: true },
} as const;
type Variant = keyof typeof VARIANTS;

/** PyTorch as its tutorial writes it, as an expert tunes it, and with a feature cache written by hand. */
export function pytorch(python: Python, weights: Weights, folder: string): (System | Missing)[] {
  const advice = python.lacks(PYTORCH_PACKAGES);
  if (advice !== undefined) return [{ title: 'PyTorch', advice }];
  return (Object.keys(VARIANTS) as Variant[]).map((variant) => {
    const { title } = VARIANTS[variant];
    if (variant === 'compiled' && !['c++', 'g++', 'clang++'].some((name) => which(name, process.env)))
      return { title, advice: 'torch.compile needs a C++ compiler on the PATH, such as g++.' };
    return system(variant, python, weights, folder);
  });
}

function system(variant: Variant, python: Python, weights: Weights, folder: string): System {
  let runs = 0;
  const command = async (script: string, job: object): Promise<Command> => {
    const parameters = { ...job, variant, weights: await weights.pth(python), epsilon: EPSILON };
    const made = await python.command(script, parameters, folder);
    // What was compiled is kept between these runs, as on a user's machine, and nothing older is found.
    return { ...made, env: { ...made.env, TORCHINDUCTOR_CACHE_DIR: path.join(folder, 'inductor') } };
  };
  return {
    name: `pytorch-${variant}`,
    ...VARIANTS[variant],
    train: (job) =>
      command('pytorch/train.py', { ...job, out: path.join(folder, `pytorch-${variant}-${++runs}.pth`) }),
    // The cache has no forward pass of its own, and with everything trained there is nothing to keep.
    ...(variant === 'cached'
      ? { trains: (level) => level !== 'everything' }
      : { forward: (job) => command('pytorch/forward.py', job) }),
    ...(variant === 'tutorial' && {
      predict: (image) => command('pytorch/predict.py', { image }),
    }),
  };
}
