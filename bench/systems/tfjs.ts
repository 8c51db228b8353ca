import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../lib/system/run.ts';
import type { Command } from '../measuring/process.ts';
import { PEERS, parametersFile } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Of } from './thaw.ts';

const HOME = path.join(PEERS, 'tfjs');

export interface TensorFlowJs {
  readonly systems: readonly (System | Missing)[];
  /** Of TensorFlow.js, and of the TensorFlow that tfjs-node was built with. */
  readonly versions: Readonly<Record<string, string>>;
}

/** TensorFlow.js: WebAssembly runs the network but cannot train it; tfjs-node does both. */
export async function tfjs(of: Of): Promise<TensorFlowJs> {
  const version = await installed();
  if (version === undefined) {
    const advice = 'install with `npm install --prefix bench/peers/tfjs`.';
    return { systems: [{ title: 'TensorFlow.js', advice }], versions: {} };
  }
  const wasm = system('wasm', 'TensorFlow.js, wasm', of);
  const core = await tensorflowOfNode();
  if (core === undefined) {
    const advice =
      'its addon does not load; `npm install --prefix bench/peers/tfjs` downloads it, and ' +
      '`npm run --prefix bench/peers/tfjs build-node -- PYTHON` builds it against the TensorFlow of a Python.';
    return { systems: [wasm, { title: 'tfjs-node', advice }], versions: { tfjs: version } };
  }
  const node = system('node', 'tfjs-node', of);
  const patched = system('node-patched', 'tfjs-node, patched', of);
  return { systems: [wasm, node, patched], versions: { tfjs: version, 'tfjs-node on TensorFlow': core } };
}

async function installed(): Promise<string | undefined> {
  const file = path.join(HOME, 'node_modules/@tensorflow/tfjs/package.json');
  return existsSync(file) ? JSON.parse(await readFile(file, 'utf8')).version : undefined;
}

/** The version of the TensorFlow below tfjs-node; undefined where its addon does not load. */
async function tensorflowOfNode(): Promise<string | undefined> {
  const ask = "console.log(require('@tensorflow/tfjs-node').backend().binding.TF_Version)";
  const { status, stdout } = await run(process.execPath, ['--eval', ask], { cwd: HOME });
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined;
}

function system(variant: 'wasm' | 'node' | 'node-patched', title: string, { weights, folder }: Of): System {
  let runs = 0;
  const script = async (name: string, job: object): Promise<Command> => {
    const args = [path.join(HOME, `${name}.mjs`), await parametersFile(job, folder)];
    const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
    return { command: process.execPath, args, cwd: HOME, env };
  };
  const command = async (name: string, job: object) => {
    const file = await weights.as('tfjs/model.json', (given) => script('logits', given));
    return script(name, { ...job, variant, weights: file, epsilon: EPSILON });
  };
  return {
    name: `tfjs-${variant}`,
    title,
    slow: true,
    caches: false,
    // The patch changes training alone.
    steps: (job) =>
      job.task === 'forward' && variant !== 'node-patched' ? () => command('forward', job) : undefined,
    ...(variant !== 'wasm' && {
      train: (job) => command('train', { ...job, out: path.join(folder, `${variant}-${++runs}`) }),
    }),
  };
}
