import { stat } from 'node:fs/promises';
import { unreadable } from './files.ts';
import { readFolder } from './image-folder.ts';
import { type LabelledImages, type ValidationOptions, withValidation } from './labelled-images.ts';
import { readListing } from './listing.ts';

/**
 * A folder of class folders or a listing, whichever `path` is; the validation data may be of the other kind.
 * @throws ThawError as imageFolder and imageListing do
 */
export function loadImages(
  path: string,
  options: ValidationOptions & { classes?: readonly string[] } = {},
): Promise<LabelledImages> {
  return withValidation(options, async (other, classes) => {
    const from = other ?? path;
    return (await isFolder(from)) ? readFolder(from, {}, classes) : readListing(from, classes);
  });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
