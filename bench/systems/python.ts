import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ThawError } from '../../lib/errors.ts';
import { release } from '../../lib/libtorch/version.ts';
import { native } from '../../lib/native.ts';
import type { Environment } from '../../lib/system/environment.ts';
import { run } from '../../lib/system/run.ts';
import { which } from '../../lib/system/which.ts';

const SCRIPTS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../peers/pytorch');

/** A Python that has PyTorch and torchvision. */
export interface Peer {
  readonly versions: Readonly<Record<string, string>>;
  /**
   * Runs a script of `peers/` with parameters in a JSON file; what it prints last is its answer.
   * @throws ThawError ERR_BENCH_PEER with the end of what it wrote to stderr
   */
  run<T>(script: string, parameters: object, folder: string): Promise<T>;
}

/** The peer, or the sentence that says how to get one. */
export async function findPeer(wanted: string | undefined, env: Environment): Promise<Peer | string> {
  const named = wanted ?? env.THAW_BENCH_PYTHON;
  const command = (named ? [named] : ['python3', 'python']).find((name) => which(name, env));
  if (!command) {
    return named
      ? `There is no Python at ${named}.`
      : 'There is no python3 on the PATH: name one with --python or THAW_BENCH_PYTHON.';
  }
  const probe = await run(command, [path.join(SCRIPTS, '../versions.py')], { env, cwd: SCRIPTS });
  const answer = lastJson(probe.stdout) as
    | { missing: string[]; versions: Record<string, string> }
    | undefined;
  if (!answer) return `${command} does not run: ${lastLines(probe.stderr)}`;
  if (answer.missing.length > 0) {
    const packages = answer.missing.map((name) =>
      name === 'torch' ? `torch==${release(native().info().libtorch)}` : name,
    );
    return (
      `${command} lacks ${answer.missing.join(', ')}; install with ` +
      `\`${command} -m pip install ${packages.join(' ')}\`, or name another Python with --python or ` +
      'THAW_BENCH_PYTHON.'
    );
  }
  return { versions: answer.versions, run: (...call) => runScript(command, env, ...call) };
}

let calls = 0;

async function runScript<T>(
  command: string,
  env: Environment,
  script: string,
  parameters: object,
  folder: string,
): Promise<T> {
  const file = path.join(folder, `peer-${++calls}.json`);
  await writeFile(file, JSON.stringify(parameters));
  const finished = await run(command, [path.join(SCRIPTS, script), file], { env, cwd: SCRIPTS });
  const answer = finished.status === 0 ? lastJson(finished.stdout) : undefined;
  if (answer === undefined) {
    throw new ThawError('ERR_BENCH_PEER', `The PyTorch peer ${script} failed: ${lastLines(finished.stderr)}`);
  }
  return answer as T;
}

function lastJson(stdout: string): unknown {
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  } catch {
    return undefined;
  }
}

function lastLines(stderr: string): string {
  return stderr.trim().split('\n').slice(-3).join(' ') || 'it wrote nothing.';
}
