import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import { child } from '../children/child.ts';
import type { Level } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import type { BenchOptions } from '../options.ts';
import { EPSILON, type System } from './system.ts';
import type { Weights } from './weights.ts';

/** What every system is made from. */
export interface Of extends Pick<BenchOptions, 'device' | 'kernels'> {
  readonly weights: Weights;
  readonly folder: string;
}

const UNFREEZE: Record<Level, string> = { head: 'none', 'layer4.2': 'layer4.2', everything: 'all' };

/** The command line, as it is installed; for steps and outputs in memory the API. */
export function thaw({ weights, folder, device, kernels }: Of): System {
  let runs = 0;
  return {
    name: 'thaw',
    title: 'thaw',
    slow: false,
    caches: true,
    train: async ({ level, train, validation, epochs, batchSize, learningRate, seed, inputSize }) =>
      command('train', {
        data: train,
        ...(validation === null ? { 'validation-split': 0 } : { val: validation }),
        weights: weights.original(),
        head: 'linear',
        unfreeze: UNFREEZE[level],
        optimizer: 'adam',
        'learning-rate': learningRate,
        'backbone-learning-rate': learningRate,
        epochs,
        'batch-size': batchSize,
        seed,
        device,
        ...(inputSize !== undefined && { 'input-size': inputSize }),
        ...(kernels !== undefined && { kernels }),
        out: path.join(folder, `thaw-${++runs}`),
        json: true,
        quiet: true,
      }),
    steps: (job) => () =>
      child('steps', { ...job, device, kernels, epsilon: EPSILON, weights: weights.original() }, folder),
    predict: async (image) => command('predict', { model: weights.original(), device, json: true }, image),
  };
}

/** `thaw COMMAND --flag value ... arguments`; a flag that is true is a switch. */
function command(
  name: string,
  flags: Readonly<Record<string, string | number | true>>,
  ...more: readonly string[]
): Command {
  const root = packageRoot();
  const given = Object.entries(flags).flatMap(([flag, value]) =>
    value === true ? [`--${flag}`] : [`--${flag}`, String(value)],
  );
  const args = [path.join(root, 'dist/lib/cli/main.js'), name, ...given, ...more];
  return { command: process.execPath, args, cwd: root };
}
