import { statfsSync } from 'node:fs';
import { ThawError } from '../errors.ts';
import { writeFailed } from './atomic-write.ts';
import { makeFolder } from './folder.ts';
import { formatBytes } from './format.ts';

/** Before a long job rather than in the middle of it. Makes the folder. @throws ThawError ERR_DISK_FULL, ERR_WRITE_FAILED */
export function requireSpace(folder: string, bytes: number, what: string): void {
  const { bavail, bsize } = roomIn(folder);
  if (bavail * bsize >= bytes) return;
  throw diskFull(
    `${what} needs ${formatBytes(bytes)} in ${folder}, where ${formatBytes(bavail * bsize)} are free`,
  );
}

function roomIn(folder: string): { bavail: number; bsize: number } {
  try {
    makeFolder(folder);
    return statfsSync(folder);
  } catch (error) {
    throw writeFailed(folder, error);
  }
}

export function diskFull(problem: string, cause?: unknown): ThawError {
  const options = cause === undefined ? undefined : { cause };
  return new ThawError(
    'ERR_DISK_FULL',
    `${problem}: make room there, or choose another folder with THAW_CACHE.`,
    options,
  );
}

export function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ENOSPC' || code === 'EDQUOT';
}
