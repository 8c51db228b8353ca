import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFailed } from '../files/atomic-write.ts';
import { makeFolder } from '../files/folder.ts';
import { drawImage } from './draw.ts';
import { kinds } from './patterns.ts';

export type WriteImage = (
  path: string,
  rgb: Uint8Array,
  height: number,
  width: number,
) => void | Promise<void>;

/** Images of each class. */
export const imagesPerClass = 32;

/** Changes with what is drawn, so that an older set in the cache is not taken for this one. */
const edition = 'patterns-1';

/**
 * Draws the demonstration set, a folder a class, unless it is there already.
 * @param directory where sets are kept; this one gets a folder of its own below
 * @param writeImage encodes RGB rows into a PNG file
 * @returns the folder of class folders
 * @throws ThawError ERR_WRITE_FAILED, ERR_DISK_FULL
 */
export async function demoImages(
  directory: string,
  writeImage: WriteImage,
  signal?: AbortSignal,
): Promise<string> {
  const folder = join(directory, edition);
  if (existsSync(folder)) return folder;
  // Of two that draw at once, each into a folder of its own, the second to finish finds the first one's set.
  let part: string | undefined;
  try {
    makeFolder(directory);
    part = await mkdtemp(join(directory, `${edition}.part-`));
    for (const [label, [name, kind]] of Object.entries(kinds).entries()) {
      await mkdir(join(part, name));
      for (let i = 0; i < imagesPerClass; i++) {
        signal?.throwIfAborted();
        const { rgb, height, width } = drawImage(kind, 1 + label * imagesPerClass + i);
        await writeImage(join(part, name, `${String(i).padStart(2, '0')}.png`), rgb, height, width);
      }
    }
    await rename(part, folder);
  } catch (error) {
    if (part !== undefined) await rm(part, { recursive: true, force: true });
    if (existsSync(folder)) return folder;
    signal?.throwIfAborted();
    throw writeFailed(folder, error);
  }
  return folder;
}
