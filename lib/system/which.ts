import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from './environment.ts';

/** The full path of a command in PATH (or of a command given by its path), as a shell would find it. */
export function which(command: string, env: Environment): string | undefined {
  const folders = command.includes('/') ? [''] : (env.PATH ?? '').split(':');
  for (const folder of folders) {
    const file = path.join(folder, command);
    if (isExecutable(file)) return file;
  }
  return undefined;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
