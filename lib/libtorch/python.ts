import path from 'node:path';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { which } from '../system/which.ts';

/** The Python at hand, and where its torch lies. */
export interface Python {
  readonly command: string;
  readonly version: string;
  /** The folder of the package `torch`; undefined when that Python has none. */
  readonly torch: string | undefined;
}

// find_spec only looks for the package: importing torch takes seconds.
const PROBE = `
import importlib.util, json, platform
spec = importlib.util.find_spec('torch')
print(json.dumps([platform.python_version(), spec.origin if spec else None]))
`;

/** The first that answers of PYTHON (if set), python3 and python. */
export async function findPython(env: Environment): Promise<Python | undefined> {
  for (const name of [env.PYTHON, 'python3', 'python']) {
    const command = name ? which(name, env) : undefined;
    if (!command) continue;
    // Not in the current folder: a folder `torch` there would be taken for the package.
    const { status, stdout } = await run(command, ['-c', PROBE], { env, cwd: '/' });
    const answer = status === 0 ? parse(stdout) : undefined;
    if (answer) return { command, ...answer };
  }
  return undefined;
}

function parse(stdout: string): Omit<Python, 'command'> | undefined {
  try {
    const [version, origin] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as [string, string | null];
    return { version, torch: origin ? path.dirname(origin) : undefined };
  } catch {
    return undefined;
  }
}

/** How to start pip: the module of the Python at hand, else the command. Undefined when there is none. */
export async function findPip(env: Environment): Promise<readonly string[] | undefined> {
  const python = await findPython(env);
  const candidates = [...(python ? [[python.command, '-m', 'pip']] : []), ['pip3'], ['pip']];
  for (const [command = '', ...args] of candidates) {
    const { status } = await run(command, [...args, '--version'], { env, cwd: '/' });
    if (status === 0) return [command, ...args];
  }
  return undefined;
}
