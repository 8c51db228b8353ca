import { chmodSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { fingerprint } from './fingerprint.ts';
import type { Reporter } from './reporter.ts';

const INPUTS = [
  'lib',
  'scripts',
  'bench/main.ts',
  'bench/inputs.ts',
  'bench/options.ts',
  'bench/scenario.ts',
  'bench/children',
  'bench/measuring',
  'bench/presenting',
  'bench/scenarios',
  'bench/systems',
  'tsconfig.json',
  'tsconfig.build.json',
  'node_modules/typescript/package.json',
];

/**
 * Compiles lib/, scripts/ and bench/ to dist/, when they have changed since the last time. The new dist/ takes the
 * old one's place whole. Does nothing in an installed package, which brings dist/ and no sources.
 *
 * @throws ThawError ERR_BUILD with the compiler's first complaint.
 */
export async function buildTypeScript(root: string, env: Environment, reporter: Reporter): Promise<boolean> {
  if (!existsSync(path.join(root, 'tsconfig.build.json'))) return false;
  const dist = path.join(root, 'dist');
  const stamp = path.join(root, 'build', 'thaw-dist.stamp');
  const now = fingerprint(root, INPUTS, {});
  if (existsSync(path.join(dist, 'lib')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now)
    return false;

  reporter.say('Compiling TypeScript');
  const part = `${dist}.part`;
  rmSync(part, { recursive: true, force: true });
  const command = path.join(root, 'node_modules', '.bin', 'tsc');
  const args = ['-p', 'tsconfig.build.json', '--outDir', part, '--noEmitOnError'];
  const { status, missing, stdout } = await run(command, args, { env, cwd: root });
  if (missing) throw new ThawError('ERR_TOOL_MISSING', 'TypeScript is missing: run `npm install` first.');
  if (status !== 0) {
    rmSync(part, { recursive: true, force: true });
    const first = stdout.split('\n').find((line) => /\berror\b/.test(line)) ?? `tsc ended with ${status}`;
    throw new ThawError(
      'ERR_BUILD',
      `TypeScript refuses the sources: ${first.trim()} (\`npx tsc --noEmit\` shows all).`,
    );
  }
  const program = path.join(part, 'lib', 'cli', 'main.js');
  if (existsSync(program)) chmodSync(program, 0o755);
  rmSync(dist, { recursive: true, force: true });
  renameSync(part, dist);
  await mkdir(path.dirname(stamp), { recursive: true });
  await writeAtomically(stamp, now);
  return true;
}
