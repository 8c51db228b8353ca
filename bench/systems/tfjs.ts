import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../lib/system/run.ts';
import { PEERS, parametersFile } from './python.ts';
import { type Missing, type Of, peer, type System } from './system.ts';

const HOME = path.join(PEERS, 'tfjs');

export interface TensorFlowJs {
  readonly systems: readonly (System | Missing)[];
  /** Of TensorFlow.js, and of the TensorFlow that tfjs-node was built with. */
  readonly versions: Readonly<Record<string, string>>;
}

/** TensorFlow.js: WebAssembly runs the network but cannot train it; tfjs-node does both. */
export async function tfjs(of: Of): Promise<TensorFlowJs> {
  const installed = path.join(HOME, 'node_modules/@tensorflow/tfjs/package.json');
  if (!existsSync(installed)) {
    const advice = 'install with `npm install --prefix bench/peers/tfjs`.';
    return { systems: [{ title: 'TensorFlow.js', advice }], versions: {} };
  }
  const versions = { tfjs: JSON.parse(await readFile(installed, 'utf8')).version };
  const wasm = system('wasm', 'TensorFlow.js, wasm', of);
  const core = await tensorflowOfNode();
  if (core === undefined) {
    const advice =
      'its addon does not load; `npm install --prefix bench/peers/tfjs` downloads it, and ' +
      '`npm run --prefix bench/peers/tfjs build-node -- PYTHON` builds it against the TensorFlow of a Python.';
    return { systems: [wasm, { title: 'tfjs-node', advice }], versions };
  }
  const node = system('node', 'tfjs-node', of);
  const patched = system('node-patched', 'tfjs-node, patched', of);
  return { systems: [wasm, node, patched], versions: { ...versions, 'tfjs-node on TensorFlow': core } };
}

/** The version of the TensorFlow below tfjs-node; undefined where its addon does not load. */
async function tensorflowOfNode(): Promise<string | undefined> {
  const ask = "console.log(require('@tensorflow/tfjs-node').backend().binding.TF_Version)";
  const { status, stdout } = await run(process.execPath, ['--eval', ask], { cwd: HOME });
  return status === 0 ? stdout.trim().split('\n').at(-1) : undefined;
}

function system(variant: 'wasm' | 'node' | 'node-patched', title: string, of: Of): System {
  const does: System['does'] = (job) => {
    if (job.work === 'train') return variant !== 'wasm';
    // The patch changes training alone.
    return job.work === 'steps' && job.task === 'forward' && variant !== 'node-patched';
  };
  const program = async (job: object) => ({
    command: process.execPath,
    args: [path.join(HOME, 'peer.mjs'), await parametersFile({ ...job, variant }, of.folder)],
    cwd: HOME,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  return peer({ name: `tfjs-${variant}`, title, slow: true, does }, 'tfjs/model.json', program, of);
}
