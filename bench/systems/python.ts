import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ThawError } from '../../lib/errors.ts';
import { release } from '../../lib/libtorch/version.ts';
import { native } from '../../lib/native.ts';
import type { Environment } from '../../lib/system/environment.ts';
import { run } from '../../lib/system/run.ts';
import { which } from '../../lib/system/which.ts';
import type { Command } from '../measuring/process.ts';

export const PEERS = path.join(path.dirname(fileURLToPath(import.meta.url)), '../peers');

/** A Python with whatever packages it has. */
export interface Python {
  readonly versions: Readonly<Record<string, string>>;
  /** The sentence that says how to get what it lacks of these packages; undefined where it lacks nothing. */
  lacks(packages: readonly string[]): string | undefined;
  /** A script of `peers/` with parameters in a JSON file. */
  command(script: string, parameters: object, folder: string): Promise<Command>;
  /**
   * Runs such a script; what it prints last is its answer.
   * @throws ThawError ERR_BENCH_PEER with the end of what it wrote to stderr
   */
  run<T>(script: string, parameters: object, folder: string): Promise<T>;
}

/** The Python, or the sentence that says how to name one. */
export async function findPython(wanted: string | undefined, env: Environment): Promise<Python | string> {
  const named = wanted ?? env.THAW_BENCH_PYTHON;
  const executable = (named ? [named] : ['python3', 'python']).find((name) => which(name, env));
  if (!executable) {
    return named
      ? `There is no Python at ${named}.`
      : 'There is no python3 on the PATH: name one with --python or THAW_BENCH_PYTHON.';
  }
  const probe = await run(executable, [path.join(PEERS, 'versions.py')], { env, cwd: PEERS });
  const versions = lastJson(probe.stdout) as Record<string, string> | undefined;
  if (!versions) return `${executable} does not run: ${lastLines(probe.stderr)}`;
  // The peers share modules that lie above their own folders.
  const environment = { ...env, PYTHONPATH: PEERS, TF_CPP_MIN_LOG_LEVEL: '2' };
  const command = async (script: string, parameters: object, folder: string): Promise<Command> => {
    const args = [path.join(PEERS, script), await parametersFile(parameters, folder)];
    return { command: executable, args, cwd: PEERS, env: environment };
  };
  return {
    versions,
    lacks: (packages) => lacking(executable, versions, packages),
    command,
    run: async <T>(script: string, parameters: object, folder: string) => {
      const { args, cwd } = await command(script, parameters, folder);
      const finished = await run(executable, args, { env: environment, cwd });
      const answer = finished.status === 0 ? lastJson(finished.stdout) : undefined;
      if (answer === undefined)
        throw new ThawError('ERR_BENCH_PEER', `The peer ${script} failed: ${lastLines(finished.stderr)}`);
      return answer as T;
    },
  };
}

let calls = 0;

export async function parametersFile(parameters: object, folder: string): Promise<string> {
  const file = path.join(folder, `parameters-${++calls}.json`);
  await writeFile(file, JSON.stringify(parameters));
  return file;
}

function lacking(executable: string, versions: object, packages: readonly string[]): string | undefined {
  const missing = packages.filter((name) => !(name in versions));
  if (missing.length === 0) return undefined;
  // Another release of PyTorch than the libtorch in use would be compared with itself.
  const wanted = missing.map((name) =>
    name === 'torch' ? `torch==${release(native().info().libtorch)}` : name,
  );
  return (
    `${executable} lacks ${missing.join(', ')}; install with ` +
    `\`${executable} -m pip install ${wanted.join(' ')}\`, or name another Python with --python or ` +
    'THAW_BENCH_PYTHON.'
  );
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
