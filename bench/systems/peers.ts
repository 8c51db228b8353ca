import path from 'node:path';
import { which } from '../../lib/system/which.ts';
import type { Command } from '../measuring/process.ts';
import type { Python } from './python.ts';
import { EPSILON, type Family, type Job, type Of } from './system.ts';

/** A program of others. @param form of the weights that it reads @param program runs a job */
export function peer(
  name: string,
  advice: string | undefined,
  form: string,
  program: (job: { readonly work: string; readonly variant?: string }) => Promise<Command>,
  { weights, folder, device }: Of,
): Family {
  let runs = 0;
  const start = async (job: Job, variant: string) => {
    const out = path.join(folder, `${name}-${++runs}${path.extname(form)}`);
    const file = await weights.as(form, program);
    const given = { ...job, variant, device, epsilon: EPSILON, out, weights: file };
    return program(given);
  };
  return { name, advice, start };
}

export function pytorch(python: Python, of: Of): Family[] {
  // What was compiled is kept between these runs, as on a user's machine, and nothing older is found.
  const env = { TORCHINDUCTOR_CACHE_DIR: path.join(of.folder, 'inductor') };
  const program = (job: { work: string }) => python.command(`pytorch/${job.work}.py`, job, of.folder, env);
  const advice = python.lacks(['torch', 'torchvision', 'numpy', 'pillow']);
  const all = peer('pytorch', advice, 'resnet50.pth', program, of);
  if (['c++', 'g++', 'clang++'].some((name) => which(name, process.env))) return [all];
  const compiler = 'torch.compile needs a C++ compiler on the PATH, such as g++.';
  return [all, { ...all, name: 'pytorch-compiled', advice: compiler }];
}

export function keras(python: Python, of: Of): Family {
  const program = (job: object) => python.command('keras/peer.py', job, of.folder);
  return peer('keras', python.lacks(['keras', 'tensorflow', 'numpy']), 'resnet50.keras', program, of);
}
