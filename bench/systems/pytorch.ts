import path from 'node:path';
import { which } from '../../lib/system/which.ts';
import type { Python } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Weights } from './weights.ts';

export const PYTORCH_PACKAGES = ['torch', 'torchvision', 'numpy', 'pillow'] as const;

const VARIANTS = {
  tutorial: { title: 'PyTorch, tutorial', slow: true, caches: false },
  tuned: { title: 'PyTorch, tuned', slow: false, caches: false },
  compiled: { title: 'PyTorch, tuned + compile', slow: false, caches: false },
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
  const given = async (job: object) => ({
    ...job,
    variant,
    weights: await weights.pth(python),
    epsilon: EPSILON,
  });
  return {
    name: `pytorch-${variant}`,
    ...VARIANTS[variant],
    train: async (job) => {
      const out = path.join(folder, `pytorch-${variant}-${++runs}.pth`);
      return python.command('pytorch/train.py', { ...(await given(job)), out }, folder);
    },
    // The cache has no forward pass of its own, and with everything trained there is nothing to keep.
    ...(variant === 'cached'
      ? { trains: (level) => level !== 'everything' }
      : { forward: async (job) => python.command('pytorch/forward.py', await given(job), folder) }),
    ...(variant === 'tutorial' && {
      predict: async (image) => python.command('pytorch/predict.py', await given({ image }), folder),
    }),
  };
}
