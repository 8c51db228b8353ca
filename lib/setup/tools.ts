import { ThawError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { which } from '../system/which.ts';

/** What the native build needs from the machine. */
export interface BuildTools {
  readonly compiler: string;
  readonly generator: 'Ninja' | 'Unix Makefiles';
}

const OLDEST_CMAKE = [3, 22] as const;

/** @throws ThawError ERR_TOOL_MISSING, with everything that is missing and how to install it. */
export async function requireBuildTools(env: Environment): Promise<BuildTools> {
  const compiler = findCompiler(env);
  const ninja = which('ninja', env);
  const missing: string[] = [];
  if (!which('cmake', env)) missing.push('cmake');
  if (!compiler) missing.push('g++');
  if (!ninja && !which('make', env)) missing.push('make');
  if (missing.length > 0 || !compiler) {
    throw new ThawError(
      'ERR_TOOL_MISSING',
      `The build needs ${missing.join(', ')}: install with \`apt-get install ${missing.join(' ')}\` and try again.`,
    );
  }
  const version = await cmakeVersion(env);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major * 1000 + minor < OLDEST_CMAKE[0] * 1000 + OLDEST_CMAKE[1]) {
    throw new ThawError(
      'ERR_TOOL_MISSING',
      `The build needs cmake ${OLDEST_CMAKE.join('.')} or newer, but ${which('cmake', env)} is ${version}.`,
    );
  }
  return { compiler, generator: ninja ? 'Ninja' : 'Unix Makefiles' };
}

/** The C++ compiler that cmake will take: CXX, else the usual names in its order. */
export function findCompiler(env: Environment): string | undefined {
  if (env.CXX) return which(env.CXX.split(' ')[0] ?? '', env);
  return ['c++', 'g++', 'clang++'].map((name) => which(name, env)).find((file) => file !== undefined);
}

export async function cmakeVersion(env: Environment): Promise<string> {
  const { stdout } = await run('cmake', ['--version'], { env });
  return /version (\S+)/.exec(stdout)?.[1] ?? 'unknown';
}
