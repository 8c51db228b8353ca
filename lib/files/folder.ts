import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { writeFailed } from './atomic-write.ts';
import { syncFolderNow } from './sync-folder.ts';

/**
 * Makes a folder and those above it. Node's own `recursive` tries for ever where a file system takes no folders (`/proc`).
 * @returns the folders that it has made, the outermost first
 * @throws ThawError ERR_WRITE_FAILED, ERR_DISK_FULL; then none of them is left
 */
export function makeFolder(path: string): string[] {
  const made: string[] = [];
  try {
    for (const folder of missingFolders(resolve(path))) {
      try {
        mkdirSync(folder);
        made.push(folder);
        syncFolderNow(dirname(folder));
      } catch (error) {
        if (!isFolder(folder)) throw inTheWay(path, folder, error);
      }
    }
    return made;
  } catch (error) {
    removeEmpty(made);
    throw writeFailed(path, error);
  }
}

/** Removes those of a chain of folders, the outermost first, that hold nothing. */
export function removeEmpty(chain: readonly string[]): void {
  for (const folder of chain.toReversed()) {
    try {
      rmdirSync(folder);
    } catch {
      return;
    }
  }
}

/** The outermost first. */
function missingFolders(path: string): string[] {
  const missing: string[] = [];
  for (let folder = path; !isFolder(folder) && folder !== dirname(folder); folder = dirname(folder))
    missing.unshift(folder);
  return missing;
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** Why `folder`, a part of `path`, cannot be made. */
function inTheWay(path: string, folder: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  // A file in the middle of the path is in the way of what was to be in it.
  if (code === 'EEXIST' && folder !== resolve(path)) return Object.assign(new Error(), { code: 'ENOTDIR' });
  const parent = dirname(folder);
  return code === 'ENOENT'
    ? new ThawError('ERR_WRITE_FAILED', `Cannot write ${path}: ${parent} takes no folders.`, { cause: error })
    : readOnly(path, parent, error);
}

/** @returns the sentence where it is that nothing may be written in `folder`; else the error itself */
export function readOnly(path: string, folder: string, error: unknown): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!['EACCES', 'EPERM', 'EROFS'].includes(code)) return error;
  const reason = `${folder} is read-only (${reasonOf(error)})`;
  return new ThawError('ERR_WRITE_FAILED', `Cannot write ${path}: ${reason}.`, { cause: error });
}
