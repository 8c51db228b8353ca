import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../lib/system/run.ts';
import { peer } from './peers.ts';
import { PEERS, parametersFile } from './python.ts';
import type { Family, Of } from './system.ts';

const HOME = path.join(PEERS, 'tfjs');

/** TensorFlow.js; versions are its own, and that of the TensorFlow which tfjs-node was built with. */
export async function tfjs(of: Of): Promise<{ families: Family[]; versions: Record<string, string> }> {
  const program = async (job: object) => ({
    command: process.execPath,
    args: [path.join(HOME, 'peer.mjs'), await parametersFile(job, of.folder)],
    cwd: HOME,
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  const family = (name: string, advice?: string) => peer(name, advice, 'tfjs/model.json', program, of);
  const installed = path.join(HOME, 'node_modules/@tensorflow/tfjs/package.json');
  const install = '`npm install --prefix bench/peers/tfjs`';
  if (!existsSync(installed)) return { families: [family('tfjs', `install with ${install}.`)], versions: {} };
  const versions = { tfjs: JSON.parse(await readFile(installed, 'utf8')).version };
  const ask = "console.log(require('@tensorflow/tfjs-node').backend().binding.TF_Version)";
  const { status, stdout } = await run(process.execPath, ['--eval', ask], { cwd: HOME });
  if (status === 0) {
    const core = stdout.trim().split('\n').at(-1) ?? '';
    return { families: [family('tfjs')], versions: { ...versions, 'tfjs-node on TensorFlow': core } };
  }
  const advice =
    `its addon does not load; ${install} downloads it, and ` +
    '`npm run --prefix bench/peers/tfjs build-node -- PYTHON` builds it against the TensorFlow of a Python.';
  return { families: [family('tfjs'), family('tfjs-node', advice)], versions };
}
