import { mkdirSync } from 'node:fs';
import { ThawError } from '../errors.ts';
import { diskFull } from '../files/disk.ts';
import { run } from '../system/run.ts';

/**
 * Unpacks those entries of a zip archive (wheels are such) that are, or lie in, one of `wanted`. cmake
 * does it: it is needed for the build anyway, while a fresh machine has no unzip.
 *
 * @returns whether the archive had anything of what is wanted.
 */
export async function unzip(archive: string, folder: string, wanted: readonly string[]): Promise<boolean> {
  const names = await listZip(archive);
  const there = wanted.filter((want) => names.some((name) => name === want || name.startsWith(`${want}/`)));
  if (there.length === 0) return false;
  mkdirSync(folder, { recursive: true });
  await cmakeTar(['xf', archive, '--', ...there], archive, folder);
  return true;
}

/** The names of the entries of a zip archive. */
export async function listZip(archive: string): Promise<string[]> {
  return (await cmakeTar(['tf', archive], archive, undefined)).split('\n').filter(Boolean);
}

async function cmakeTar(args: string[], archive: string, folder: string | undefined): Promise<string> {
  const where = folder === undefined ? {} : { cwd: folder };
  const { status, missing, stdout, stderr } = await run('cmake', ['-E', 'tar', ...args], where);
  if (status === 0) return stdout;
  if (missing) {
    throw new ThawError('ERR_TOOL_MISSING', 'cmake is missing: install it with `apt-get install cmake`.');
  }
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    throw diskFull(`The disk is full: ${archive} cannot be unpacked into ${folder}`);
  }
  const problem = stderr.trim().split('\n')[0] ?? '';
  throw new ThawError('ERR_ARCHIVE', `${archive} cannot be unpacked: ${problem}.`);
}
