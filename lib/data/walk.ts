import { join, sep } from 'node:path';
import { folderContent } from './files.ts';
import type { Notes } from './left-out.ts';
import { compareCodePoints } from './order.ts';
import { lies, realFile, realFolder } from './real-files.ts';

/** How the folders of a class are walked. */
export interface Walk {
  followLinks: boolean;
  /** Where other classes lie, by their real paths: no link is followed there, nor to a folder that holds one of them. */
  elsewhere: readonly string[];
  /** The folders that are in the class already, as realFile tells them; those found are added. */
  seen: Set<string>;
  notes: Notes;
}

export interface WalkedFile {
  /** Relative to the folder walked. */
  path: string;
  /** It is a link, or was reached through one. */
  linked: boolean;
}

/**
 * The files below a folder, ordered by folder and then by name, as `sorted(os.walk(...))` gives them to torchvision and
 * Keras. Each folder is entered once, by its own path where it has one in here, and links that lead nowhere new are
 * left out.
 * @param shown the folder's name in notes
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_UNREADABLE
 */
export async function walkFiles(directory: string, shown: string, walk: Walk): Promise<WalkedFile[]> {
  const { followLinks, elsewhere, seen, notes } = walk;
  const folders: { path: string; files: WalkedFile[] }[] = [];
  const links: string[] = [];
  const name = (path: string) => (path === '' ? shown : `${shown}/${path.split(sep).join('/')}`);

  const visit = async (path: string, linked: boolean): Promise<void> => {
    const here = join(directory, path);
    const file = await realFile(here);
    if (seen.has(file)) {
      notes.leaveOut('seen', linked ? 'linked folder' : 'folder', name(path));
      return;
    }
    seen.add(file);
    const content = await folderContent(here, name(path), notes);
    for (const folder of content.folders) {
      const below = join(path, folder);
      if (content.links.has(folder)) links.push(below);
      else await visit(below, linked);
    }
    const files = content.files.map((each) => ({
      path: join(path, each),
      linked: linked || content.links.has(each),
    }));
    folders.push({ path, files });
  };
  await visit('', false);
  for (let link = links.shift(); link !== undefined; link = links.shift()) {
    if (!followLinks) {
      notes.leaveOut('link', 'linked folder', name(link));
      continue;
    }
    const real = await realFolder(join(directory, link));
    if (elsewhere.some((other) => lies(real, other) || lies(other, real)))
      notes.leaveOut('elsewhere', 'linked folder', name(link));
    else await visit(link, true);
  }
  folders.sort((a, b) => compareCodePoints(a.path, b.path));
  return folders.flatMap(({ files }) => files);
}
