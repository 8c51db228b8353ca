import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { syncFolder } from './sync-folder.ts';

/**
 * Writes a file through `<path>.part` and rename: readers see the old content or the new, never half of it.
 * Content in pieces is written piece by piece.
 * @throws ThawError ERR_DISK_FULL, ERR_WRITE_FAILED; the old file is then untouched and the part removed
 */
export async function writeAtomically(
  path: string,
  content: string | Uint8Array | readonly Uint8Array[],
): Promise<void> {
  const part = `${path}.part`;
  try {
    const file = await open(part, 'w');
    try {
      await writeFile(file, content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw writeFailed(path, error);
  }
}

/** The sentence for a file or folder that cannot be written. */
export function writeFailed(path: string, error: unknown): ThawError {
  if (error instanceof ThawError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ThawError(
      'ERR_DISK_FULL',
      `No space is left to write ${path}; nothing of it is left, and what was there before stays. Free some, or choose another folder, and run again.`,
      {
        cause: error,
      },
    );
  }
  if (code === 'EMFILE' || code === 'ENFILE') {
    return new ThawError(
      'ERR_TOO_MANY_FILES',
      `Cannot write ${path}: ${reasonOf(error)}; close some, or raise the limit (ulimit -n).`,
      { cause: error },
    );
  }
  const reason = code === 'ENOENT' ? 'its folder does not exist' : reasonOf(error);
  return new ThawError('ERR_WRITE_FAILED', `Cannot write ${path}: ${reason}.`, { cause: error });
}
