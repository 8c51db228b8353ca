import { cp, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Images in a folder of class folders. */
export async function countImages(folder: string): Promise<number> {
  const counts = (await classes(folder)).map(async (name) => (await files(folder, name)).length);
  return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
}

/**
 * Copies an even share of every class, at least `least` images of each, so that any program that reads a folder can
 * be given fewer images.
 * @returns `target`
 */
export async function copyShare(source: string, target: string, share: number, least = 1): Promise<string> {
  for (const name of await classes(source)) {
    const all = await files(source, name);
    await mkdir(path.join(target, name), { recursive: true });
    const count = Math.min(all.length, Math.max(least, Math.round(share * all.length)));
    for (let i = 0; i < count; i++) {
      const file = all[Math.floor((i * all.length) / count)] as string;
      await cp(path.join(source, name, file), path.join(target, name, file));
    }
  }
  return target;
}

/** Copies `count` images in all, taking one of each class in turn. @returns `target` */
export async function copyCount(source: string, target: string, count: number): Promise<string> {
  const names = await classes(source);
  const lists = await Promise.all(names.map((name) => files(source, name)));
  let copied = 0;
  for (let i = 0; copied < count && lists.some((list) => i < list.length); i++) {
    for (const [label, list] of lists.entries()) {
      const file = list[i];
      if (file === undefined || copied === count) continue;
      const name = names[label] as string;
      await mkdir(path.join(target, name), { recursive: true });
      await cp(path.join(source, name, file), path.join(target, name, file));
      copied++;
    }
  }
  return target;
}

async function classes(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function files(folder: string, name: string): Promise<string[]> {
  return (await readdir(path.join(folder, name))).sort();
}
