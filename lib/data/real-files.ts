import { realpath, stat } from 'node:fs/promises';
import { sep } from 'node:path';
import type { Finding } from './finding.ts';
import { finding } from './finding.ts';

/** So many calls under way at a time. */
const atOnce = 64;

/**
 * Which file each path leads to through its links, by device and inode: two paths with the same answer are one file.
 * The path itself, where nothing is there or the file system numbers no files.
 */
export async function realFiles(paths: readonly string[]): Promise<string[]> {
  const found: string[] = new Array(paths.length);
  let next = 0;
  const work = async () => {
    while (next < paths.length) {
      const i = next++;
      found[i] = await realFile(paths[i] as string);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return found;
}

export async function realFile(path: string): Promise<string> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    return ino === 0n ? path : `${dev}:${ino}`;
  } catch {
    return path;
  }
}

/** Where a folder really lies; the path itself, where that cannot be found out. */
export async function realFolder(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    return path;
  }
}

/** Whether the real folder `inner` is `outer` or lies in it. */
export function lies(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}

/** Files that several classes have: by `files`, as realFiles tells them, and the class of each. */
export function filesInTwoClasses(
  files: readonly string[],
  classOf: (i: number) => string,
  names: readonly string[],
): Finding[] {
  const byFile = new Map<string, number[]>();
  for (const [i, file] of files.entries()) byFile.set(file, [...(byFile.get(file) ?? []), i]);
  return [...byFile.values()]
    .filter((images) => new Set(images.map(classOf)).size > 1)
    .map((images) =>
      finding(
        'fileInTwoClasses',
        images.map((i) => names[i] as string),
        'one file is in several classes',
      ),
    );
}
