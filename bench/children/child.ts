import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ThawError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { run } from '../../lib/system/run.ts';

const HERE = path.dirname(fileURLToPath(import.meta.url));

let calls = 0;

/**
 * Runs a script of this folder in a Node process of its own, as a peer runs in a Python of its own.
 * @throws ThawError ERR_BENCH_CHILD
 */
export async function runChild<T>(script: string, parameters: object, folder: string): Promise<T> {
  const file = path.join(folder, `child-${++calls}.json`);
  await writeFile(file, JSON.stringify(parameters));
  const args = ['--import', 'tsx', path.join(HERE, script), file];
  const { status, stdout, stderr } = await run(process.execPath, args, { cwd: packageRoot() });
  if (status === 0) return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T;
  throw new ThawError(
    'ERR_BENCH_CHILD',
    `${script} failed: ${stderr.trim().split('\n').slice(-5).join(' ')}`,
  );
}

/** The parameters, on the child's side. */
export function childParameters<T>(): T {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as T;
}

export function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
