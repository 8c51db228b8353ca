import { mkdirSync, statfsSync } from 'node:fs';
import { ThawError } from '../errors.ts';
import { formatBytes } from './format.ts';

/** ERR_DISK_FULL before a long job rather than in the middle of it. Makes the folder. */
export function requireSpace(folder: string, bytes: number, what: string): void {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  throw diskFull(
    `${what} needs ${formatBytes(bytes)} in ${folder}, where ${formatBytes(bavail * bsize)} are free`,
  );
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
