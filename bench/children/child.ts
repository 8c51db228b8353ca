import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { Command } from '../measuring/process.ts';
import { parametersFile } from '../systems/python.ts';

/** A script of this folder as a process of its own, as a peer has a process of its own. */
export async function child(name: string, parameters: object, folder: string): Promise<Command> {
  const root = packageRoot();
  const script = path.join(root, 'dist/bench/children', `${name}.js`);
  return { command: process.execPath, args: [script, await parametersFile(parameters, folder)], cwd: root };
}

/** The parameters, on the child's side. */
export function childParameters<T>(): T {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as T;
}

export function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
