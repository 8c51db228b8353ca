import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { Level } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import { parametersFile } from './python.ts';
import type { System } from './system.ts';
import type { Weights } from './weights.ts';

export const UNFREEZE: Record<Level, string> = { head: 'none', 'layer4.2': 'layer4.2', everything: 'all' };

const FORWARD = path.join(path.dirname(fileURLToPath(import.meta.url)), '../children/forward.ts');

/** The command line, as it is installed. */
export function thaw(weights: Weights, folder: string): System {
  let runs = 0;
  return {
    name: 'thaw',
    title: 'thaw',
    slow: false,
    caches: true,
    train: async ({ level, train, validation, epochs, batchSize, learningRate, seed }) =>
      thawCommand('train', {
        data: train,
        ...(validation === null ? { 'validation-split': 0 } : { val: validation }),
        weights: weights.original,
        head: 'linear',
        unfreeze: UNFREEZE[level],
        optimizer: 'adam',
        'learning-rate': learningRate,
        epochs,
        'batch-size': batchSize,
        seed,
        device: 'cpu',
        out: path.join(folder, `thaw-${++runs}`),
        json: true,
        quiet: true,
      }),
    forward: async (job) => ({
      command: process.execPath,
      args: ['--import', 'tsx', FORWARD, await parametersFile({ ...job, weights: weights.original }, folder)],
      cwd: packageRoot(),
    }),
    predict: async (image) =>
      thawCommand('predict', { model: weights.original, device: 'cpu', json: true }, image),
  };
}

/** `thaw COMMAND --flag value ... arguments`; a flag that is true is a switch. */
export function thawCommand(
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
