import { existsSync } from 'node:fs';
import path from 'node:path';
import { run } from '../../lib/system/run.ts';
import type { Command } from '../measuring/process.ts';
import { PEERS, type Python, parametersFile } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Weights } from './weights.ts';

const HOME = path.join(PEERS, 'tfjs');

/** TensorFlow.js: WebAssembly runs the network but cannot train it; tfjs-node does both. */
export async function tfjs(
  python: Python | undefined,
  weights: Weights,
  folder: string,
): Promise<(System | Missing)[]> {
  if (!existsSync(path.join(HOME, 'node_modules/@tensorflow/tfjs'))) {
    const advice = 'install with `npm install --prefix bench/peers/tfjs`.';
    return [{ title: 'TensorFlow.js', advice }];
  }
  const wasm = system('wasm', 'TensorFlow.js, wasm', python, weights, folder);
  const problem = await nodeProblem();
  if (problem !== undefined) return [wasm, { title: 'tfjs-node', advice: problem }];
  return [
    wasm,
    system('node', 'tfjs-node', python, weights, folder),
    system('node-patched', 'tfjs-node, patched', python, weights, folder),
  ];
}

/** The sentence that says why tfjs-node does not load and what helps. */
async function nodeProblem(): Promise<string | undefined> {
  const { status } = await run(process.execPath, ['--eval', "require('@tensorflow/tfjs-node')"], {
    cwd: HOME,
  });
  if (status === 0) return undefined;
  return (
    'its addon does not load; `npm install --prefix bench/peers/tfjs` downloads it, and ' +
    '`npm run --prefix bench/peers/tfjs build-node -- PYTHON` builds it against the TensorFlow of a Python.'
  );
}

function system(
  variant: 'wasm' | 'node' | 'node-patched',
  title: string,
  python: Python | undefined,
  weights: Weights,
  folder: string,
): System {
  let runs = 0;
  const command = async (script: string, job: object): Promise<Command> => {
    const given = { ...job, variant, weights: await weights.tfjs(python), epsilon: EPSILON };
    const args = [path.join(HOME, script), await parametersFile(given, folder)];
    return {
      command: process.execPath,
      args,
      cwd: HOME,
      env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
    };
  };
  return {
    name: `tfjs-${variant}`,
    title,
    slow: true,
    caches: false,
    // The patch changes training alone.
    ...(variant !== 'node-patched' && { forward: (job) => command('forward.mjs', job) }),
    ...(variant !== 'wasm' && {
      train: (job) => command('train.mjs', { ...job, out: path.join(folder, `${variant}-${++runs}`) }),
    }),
    ...(variant === 'node' && { predict: (image) => command('predict.mjs', { image }) }),
  };
}
