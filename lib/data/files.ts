import type { Dirent } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { compareCodePoints } from './order.ts';

/** Names of the folders (and links to folders) in `directory`, sorted, hidden ones left out. */
export async function subfolders(directory: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await entries(directory)) {
    if (
      entry.isDirectory() ||
      (entry.isSymbolicLink() && (await leadsToFolder(join(directory, entry.name))))
    ) {
      names.push(entry.name);
    }
  }
  return names.sort(compareCodePoints);
}

/**
 * Paths, relative to `directory`, of the files below it, hidden ones left out: ordered by folder and then by
 * name, as `sorted(os.walk(...))` gives them to torchvision and Keras. A link that leads back to a folder it is
 * in is not entered. A broken link counts as a file, so that it is reported as unreadable.
 */
export async function walkFiles(directory: string, followLinks: boolean): Promise<string[]> {
  const folders: { path: string; files: string[] }[] = [];
  const visit = async (path: string, ancestors: readonly string[]): Promise<void> => {
    const here = join(directory, path);
    const real = await realpath(here).catch((error) => {
      throw unreadable(here, error);
    });
    if (ancestors.includes(real)) return;
    const files: string[] = [];
    for (const entry of await entries(here)) {
      const inside = path === '' ? entry.name : join(path, entry.name);
      if (entry.isDirectory()) {
        await visit(inside, [...ancestors, real]);
      } else if (entry.isSymbolicLink() && (await leadsToFolder(join(here, entry.name)))) {
        if (followLinks) await visit(inside, [...ancestors, real]);
      } else {
        files.push(inside);
      }
    }
    folders.push({ path, files: files.sort(compareCodePoints) });
  };
  await visit('', []);
  folders.sort((a, b) => compareCodePoints(a.path, b.path));
  return folders.flatMap(({ files }) => files);
}

async function entries(directory: string): Promise<Dirent[]> {
  try {
    const all = await readdir(directory, { withFileTypes: true });
    return all.filter((entry) => !entry.name.startsWith('.'));
  } catch (error) {
    throw unreadable(directory, error);
  }
}

async function leadsToFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

/** The sentence for a folder or listing that cannot be read. */
export function unreadable(path: string, error: unknown): ThawError {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOENT') return new ThawError('ERR_DATA_NOT_FOUND', `${path} does not exist.`);
  if (code === 'ENOTDIR') return new ThawError('ERR_DATA_NOT_FOUND', `${path} is not a folder.`);
  if (code === 'EACCES' || code === 'EPERM') {
    return new ThawError('ERR_DATA_UNREADABLE', `${path} cannot be read: permission denied.`);
  }
  return new ThawError('ERR_DATA_UNREADABLE', `${path} cannot be read: ${reasonOf(error)}.`, {
    cause: error,
  });
}
