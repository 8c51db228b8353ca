import { join } from 'node:path';
import { ThawError } from '../errors.ts';
import { READ_EXTENSIONS } from '../options/data.ts';
import { folderContent } from './files.ts';
import { extensionOf } from './image-files.ts';
import type { Side } from './labelled-images.ts';
import { Notes } from './left-out.ts';

const names: Readonly<Record<Side, RegExp>> = {
  train: /^train(ing)?$/i,
  validation: /^val(id(ation)?)?$/i,
  test: /^test(ing)?$/i,
};

/** What a folder or a value called `name` is for. */
export function sideNamed(name: string): Side | undefined {
  return (Object.keys(names) as Side[]).find((side) => names[side].test(name));
}

/**
 * The folders for training, validation and test, where `directory` holds those in place of classes: folders named so
 * that hold folders and no images. Classes that happen to be called `train` and `test` hold images.
 * @param found the folders in `directory`
 * @throws ThawError ERR_DATA_SPLIT_FOLDERS where there is more beside them, or two for the same
 */
export async function splitFolders(
  directory: string,
  found: readonly string[],
): Promise<Partial<Record<Side, string>> | undefined> {
  const folders: Partial<Record<Side, string>> = {};
  const others: string[] = [];
  for (const name of found) {
    const side = (await holdsClasses(join(directory, name))) ? sideNamed(name) : undefined;
    if (side === undefined) others.push(name);
    else if (folders[side] === undefined) folders[side] = name;
    else throw problem(directory, `both ${folders[side]} and ${name}; remove one of them`);
  }
  const sides = Object.values(folders);
  if (sides.length === 0 || (others.length > 0 && (!folders.train || sides.length === 1))) return undefined;
  if (others.length === 0) return folders;
  const validation = folders.validation ?? folders.test ?? '';
  throw problem(
    directory,
    `${sides.join(' and ')} beside ${others[0]}; give ${join(directory, folders.train ?? '')} as the data and ${join(directory, validation)} as the validation data, or move ${others[0]} elsewhere`,
  );
}

/** Folders, and no image beside them. */
async function holdsClasses(directory: string): Promise<boolean> {
  const { folders, files } = await folderContent(directory, '', new Notes());
  const extensions: readonly string[] = READ_EXTENSIONS;
  return folders.length > 0 && !files.some((file) => extensions.includes(extensionOf(file)));
}

function problem(directory: string, what: string): ThawError {
  return new ThawError('ERR_DATA_SPLIT_FOLDERS', `${directory} holds ${what}.`);
}
