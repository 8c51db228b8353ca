import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import { release } from '../../lib/libtorch/version.ts';
import { native } from '../../lib/native.ts';
import type { Environment } from '../../lib/system/environment.ts';
import { run } from '../../lib/system/run.ts';
import { which } from '../../lib/system/which.ts';
import type { Command } from '../measuring/process.ts';

export const PEERS = path.join(packageRoot(), 'bench/peers');

const PACKAGES = ['torch', 'torchvision', 'numpy', 'pillow', 'tensorflow', 'keras'] as const;
type Package = (typeof PACKAGES)[number];

/** Nothing is imported for this; tensorflow-cpu is TensorFlow under another name. */
const PROBE = `
import json, platform
from importlib.metadata import distributions
found = {each.metadata["Name"].lower().replace("_", "-").removesuffix("-cpu"): each.version for each in distributions()}
print(json.dumps({"python": platform.python_version(), **found}))`;

/** A Python with whatever packages it has, or none. */
export interface Python {
  readonly versions: Readonly<Record<string, string>>;
  /** The sentence that says how to get what it lacks of these packages; undefined where it lacks nothing. */
  lacks(packages: readonly Package[]): string | undefined;
  /** A script of `peers/` with parameters in a JSON file. */
  command(script: string, parameters: object, folder: string, env?: Environment): Promise<Command>;
}

export async function findPython(wanted: string | undefined, env: Environment): Promise<Python> {
  const named = wanted ?? env.THAW_BENCH_PYTHON;
  const executable = named ?? 'python3';
  const probe = which(executable, env) && (await run(executable, ['-c', PROBE], { env, cwd: PEERS }));
  const found: Record<string, string> = probe && probe.status === 0 ? JSON.parse(probe.stdout) : {};
  const known = Object.entries(found).filter(([name]) => ['python', ...PACKAGES].includes(name));
  // The peers share modules that lie above their own folders.
  const environment = { ...env, PYTHONPATH: PEERS, TF_CPP_MIN_LOG_LEVEL: '2' };
  return {
    versions: Object.fromEntries(known),
    lacks: (packages) => {
      if (!probe) return `There is no Python at ${executable}: name one with --python or THAW_BENCH_PYTHON.`;
      if (probe.status !== 0) return `${executable} does not run: ${probe.stderr.trim().split('\n').at(-1)}`;
      return lacking(executable, found, packages);
    },
    command: async (script, parameters, folder, more) => {
      const args = [path.join(PEERS, script), await parametersFile(parameters, folder)];
      return { command: executable, args, cwd: PEERS, env: { ...environment, ...more } };
    },
  };
}

let calls = 0;

export async function parametersFile(parameters: object, folder: string): Promise<string> {
  const file = path.join(folder, `parameters-${++calls}.json`);
  await writeFile(file, JSON.stringify(parameters));
  return file;
}

function lacking(executable: string, found: object, packages: readonly Package[]): string | undefined {
  const missing = packages.filter((name) => !(name in found));
  // Another release of PyTorch than the libtorch in use would be compared with itself.
  const pinned = (name: Package) => (name === 'torch' ? `torch==${release(native().info().libtorch)}` : name);
  if (missing.length === 0) return undefined;
  return (
    `${executable} lacks ${missing.join(', ')}; install with ` +
    `\`${executable} -m pip install ${missing.map(pinned).join(' ')}\`, or name another Python with --python or ` +
    'THAW_BENCH_PYTHON.'
  );
}
