import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { Level } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import { parametersFile } from './python.ts';
import { EPSILON, type Family, type Job, type Of } from './system.ts';

const UNFREEZE: Record<Level, string> = { head: 'none', 'layer4.2': 'layer4.2', everything: 'all' };

/** The command line, as it is installed; where it does not tell what is asked, the API in a process of its own. */
export function thaw({ weights, folder, device, kernels }: Of): Family {
  let runs = 0;
  const child = async (name: string, job: Job) => {
    const parameters = { ...job, device, kernels, epsilon: EPSILON, weights: weights.original() };
    return node(`bench/children/${name}.js`, await parametersFile(parameters, folder));
  };
  const start = async (job: Job): Promise<Command> => {
    if (job.work === 'steps') return child('steps', job);
    if (job.work === 'behave') return child('behaviour', job);
    if (job.work === 'predict')
      return cli('predict', { model: weights.original(), device, json: true }, job.image);
    return cli('train', {
      data: job.train,
      ...(job.validation === null ? { 'validation-split': 0 } : { val: job.validation }),
      weights: weights.original(),
      head: 'linear',
      unfreeze: UNFREEZE[job.level],
      optimizer: 'adam',
      'learning-rate': job.learningRate,
      'backbone-learning-rate': job.learningRate,
      epochs: job.epochs,
      'batch-size': job.batchSize,
      seed: job.seed,
      device,
      ...(job.inputSize !== undefined && { 'input-size': job.inputSize }),
      ...(kernels !== undefined && { kernels }),
      out: path.join(folder, `thaw-${++runs}`),
      json: true,
      quiet: true,
    });
  };
  return { name: 'thaw', start };
}

/** `thaw COMMAND --flag value ... arguments`; a flag that is true is a switch. */
function cli(name: string, flags: Readonly<Record<string, unknown>>, ...more: readonly string[]): Command {
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : [`--${flag}`, String(value)],
  );
  return node('lib/cli/main.js', name, ...given, ...more);
}

function node(script: string, ...args: readonly string[]): Command {
  const root = packageRoot();
  return { command: process.execPath, args: [path.join(root, 'dist', script), ...args], cwd: root };
}
