import { lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { ThawError } from '../errors.ts';

/**
 * The link in the package's root through which an addon finds its libtorch: `libtorch` for the build
 * folder `build`, `libtorch-cuda` for `build-cuda`, `libtorch-x` for `x`.
 */
export function linkName(buildDir: string): string {
  return buildDir.startsWith('build') ? buildDir.replace('build', 'libtorch') : `libtorch-${buildDir}`;
}

/** Makes or renews a symbolic link in one step: whoever loads the addon meanwhile finds the old or the new. */
export function link(file: string, target: string): void {
  const stat = lstatSync(file, { throwIfNoEntry: false });
  if (stat?.isSymbolicLink() && readlinkSync(file) === target) return;
  if (stat && !stat.isSymbolicLink()) {
    throw new ThawError('ERR_SETUP', `${file} is in the way: move it, setup puts a link there.`);
  }
  mkdirSync(path.dirname(file), { recursive: true });
  rmSync(`${file}.part`, { force: true });
  symlinkSync(target, `${file}.part`);
  renameSync(`${file}.part`, file);
}
