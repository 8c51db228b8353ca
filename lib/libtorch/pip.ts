import { readdirSync } from 'node:fs';
import path from 'node:path';
import { diskFull } from '../files/disk.ts';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';

/** Where PyTorch keeps its CPU wheels: those of the plain index are built for CUDA. */
const CPU_INDEX = 'https://download.pytorch.org/whl/cpu';

export interface Pip {
  /** The command and its first arguments: `['python3', '-m', 'pip']`. */
  readonly command: readonly string[];
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
}

/** Extra arguments for pip: THAW_PIP_ARGS (split at blanks), else the CPU index where the CPU build is wanted. */
export function pipArguments(env: Environment, cuda: boolean): string[] {
  if (env.THAW_PIP_ARGS !== undefined) return env.THAW_PIP_ARGS.split(/\s+/).filter(Boolean);
  return cuda ? [] : ['--extra-index-url', CPU_INDEX];
}

/**
 * `pip download --no-deps`: the wheels for the requirements, into the folder.
 *
 * @returns the reason in pip's words when it brings them not, else undefined.
 */
export async function pipDownload(
  pip: Pip,
  requirements: readonly string[],
  folder: string,
  args: readonly string[],
): Promise<string | undefined> {
  const [command = 'pip', ...first] = pip.command;
  const all = [
    ...first,
    'download',
    '--no-deps',
    '--no-input',
    '--disable-pip-version-check',
    '--dest',
    folder,
  ];
  // A source distribution of torch would be built for hours: wheels only. Fewer repetitions than pip's five:
  // an address that cannot be reached would otherwise hold every single wheel up.
  const env = { ...pip.env, PIP_RETRIES: pip.env.PIP_RETRIES ?? '2' };
  const { status, stdout, stderr } = await run(
    command,
    [...all, '--only-binary', ':all:', ...args, ...requirements],
    { env, cwd: '/', signal: pip.signal },
  );
  if (status === 0) return undefined;
  if (/No space left on device|Disk quota exceeded/.test(stderr + stdout)) {
    throw diskFull(`The disk is full: pip cannot download ${requirements.join(' ')} to ${folder}`);
  }
  const errors = stderr.split('\n').filter((line) => line.startsWith('ERROR:'));
  return (
    errors[0]?.slice('ERROR: '.length).trim() ||
    stderr.trim().split('\n').at(-1) ||
    `pip ended with ${status}`
  );
}

/**
 * For a Python that torch has no wheel for (too old, too new): the libraries in a wheel are the same for
 * every Python, so that any wheel for this kind of machine will do.
 */
export function anyPythonArguments(): string[] {
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const platforms = ['manylinux_2_28', 'manylinux_2_17', 'manylinux2014', 'linux'];
  return [
    ...['--python-version', '3.12', '--implementation', 'cp', '--abi', 'cp312', '--abi', 'none'],
    ...platforms.flatMap((platform) => ['--platform', `${platform}_${machine}`]),
  ];
}

export function wheelsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.whl'))
    .map((name) => path.join(folder, name));
}
