import { cp } from 'node:fs/promises';
import path from 'node:path';
import { imageFolder } from '../../lib/index.ts';

/** Files of a folder of class folders, one of each class in turn. */
export async function imagesIn(folder: string): Promise<string[]> {
  const { source, labels } = (await imageFolder(folder)).train;
  const seen = new Map<number | undefined, number>();
  const turns = (source.kind === 'files' ? source.paths : []).map((file, i) => {
    const turn = seen.get(labels[i]) ?? 0;
    seen.set(labels[i], turn + 1);
    return { file, turn };
  });
  return turns.sort((a, b) => a.turn - b.turn).map(({ file }) => file);
}

/** Copies `count` images, of all classes alike, so that any program that reads a folder can be given fewer. @returns `target` */
export async function copyImages(source: string, target: string, count: number): Promise<string> {
  for (const file of (await imagesIn(source)).slice(0, count))
    await cp(file, path.join(target, path.relative(source, file)));
  return target;
}
