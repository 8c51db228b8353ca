import { spawnSync } from 'node:child_process';
import path from 'node:path';

/**
 * A Python that has the packages that own the formats, or undefined, having said so once: `THAW_TEST_PYTHON`, else
 * `python3`. The tests that ask it are then skipped.
 */
export function pythonWith(...packages: string[]): string | undefined {
  const python = process.env.THAW_TEST_PYTHON ?? 'python3';
  const find = `import importlib.util as u, sys; sys.exit(sum(u.find_spec(p) is None for p in ${JSON.stringify(packages)}))`;
  if (spawnSync(python, ['-c', find]).status === 0) return python;
  console.warn(`skipped: ${python} lacks one of ${packages.join(', ')} (THAW_TEST_PYTHON names another)`);
  return undefined;
}

/** Runs a script of test/peers and reads the JSON that its last line is. */
export function runPeer<T>(python: string, script: string, args: readonly string[] = []): T {
  const file = path.join(import.meta.dirname, '..', 'peers', script);
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '' };
  const { status, stdout, stderr } = spawnSync(python, [file, ...args], {
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(`${script} ended with ${status}:\n${stderr}`);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
}
