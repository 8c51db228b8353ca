import { existsSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ThawError } from '../../lib/errors.ts';
import { link, linkName } from '../../lib/setup/link.ts';
import { run } from '../../lib/system/run.ts';
import type { GpuBenchOptions } from './options.ts';

/** What the build makes. */
export interface Built {
  addon: string;
  /** The program of steps.cc. */
  steps: string;
  libtorch: string;
  seconds: number;
}

/**
 * Builds the addon and the step bench with cmake alone, incrementally: cmake-js, which setup uses, may not be there.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_BUILD
 */
export async function build(root: string, options: GpuBenchOptions, env: NodeJS.ProcessEnv): Promise<Built> {
  const start = Date.now();
  const libtorch = env.LIBTORCH ?? (await torchOf(options.python));
  const headers = env.NODE_API_INCLUDE ?? path.resolve(process.execPath, '../../include/node');
  for (const [name, file] of [
    ['LIBTORCH', path.join(libtorch, 'include')],
    ['NODE_API_INCLUDE', path.join(headers, 'node_api.h')],
  ] as const) {
    if (!existsSync(file)) throw new ThawError('ERR_INVALID_ARGUMENT', `${name}: there is no ${file}.`);
  }
  const folder = path.join(root, options.buildDir);
  const cuda = existsSync(path.join(libtorch, 'lib', 'libtorch_cuda.so'));
  if (options.device === 'cuda' && !cuda) {
    throw new ThawError('ERR_INVALID_ARGUMENT', `LIBTORCH: ${libtorch} is a build for the CPU.`);
  }
  link(path.join(root, linkName(options.buildDir)), libtorch);
  const definitions = {
    LIBTORCH: libtorch,
    NODE_API_INCLUDE: headers,
    THAW_CUDA: cuda ? 'ON' : 'OFF',
    THAW_LIBTORCH_LINK: linkName(options.buildDir),
  };
  const configure = ['-S', root, '-B', folder];
  if (!existsSync(path.join(folder, 'CMakeCache.txt'))) configure.push('-G', 'Ninja');
  await cmake([...configure, ...Object.entries(definitions).map(([name, value]) => `-D${name}=${value}`)]);
  const jobs = String(Math.max(1, Math.min(os.availableParallelism(), Math.floor(os.totalmem() / 2e9))));
  await cmake(['--build', folder, '--parallel', jobs, '--target', 'thaw', 'bench_steps']);
  return {
    addon: path.join(folder, 'Release', 'thaw.node'),
    steps: path.join(folder, 'bench', 'gpu', 'bench_steps'),
    libtorch,
    seconds: (Date.now() - start) / 1000,
  };
}

async function torchOf(python: string): Promise<string> {
  const program = 'import os, torch; print(os.path.dirname(torch.__file__))';
  const { status, stdout } = await run(python, ['-c', program]);
  if (status === 0) return stdout.trim();
  throw new ThawError('ERR_INVALID_ARGUMENT', `Set LIBTORCH: ${python} has no torch.`);
}

async function cmake(args: readonly string[]): Promise<void> {
  const { status, stdout, stderr } = await run('cmake', args);
  if (status === 0) return;
  const lines = (stdout + stderr).split('\n');
  const first = lines.findIndex((line) => /\berror\b|CMake Error/i.test(line));
  throw new ThawError('ERR_BUILD', `cmake ${args[0]}: ${lines.slice(first, first + 6).join('\n')}`);
}
