import { join, sep } from 'node:path';
import { ThawError } from '../errors.ts';
import { imageFolder as imageFolderOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { closest, invalid, listed } from '../validate.ts';
import { Dataset } from './dataset.ts';
import { subfolders, walkFiles } from './files.ts';
import { type LabelledImages, type NamedDataset, withValidation } from './labelled-images.ts';

/** docs/api.md has the table. */
export type ImageFolderOptions = Given<typeof imageFolderOptions>;

/**
 * Reads a folder of class folders, as torchvision's ImageFolder and Keras' image_dataset_from_directory do:
 * classes are the folders' names sorted by code point, images are found below them recursively in sorted order.
 * Hidden names (a leading dot) are skipped. Only names are read here; the images are read while training.
 *
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_EMPTY (no images, or a class without any),
 *   ERR_DATA_ONE_CLASS, ERR_DATA_UNKNOWN_CLASS, ERR_DATA_SPLIT_FOLDERS (the folder holds `train` and
 *   `validation` in place of classes), ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export async function imageFolder(
  directory: string,
  options: ImageFolderOptions = {},
): Promise<LabelledImages> {
  if (typeof directory !== 'string' || directory === '') throw invalid('directory', 'a path', directory);
  const checked = checkOptions('imageFolder', imageFolderOptions, options);
  return withValidation(checked, (path, classes) => readFolder(path ?? directory, checked, classes));
}

/** The images of one folder; `wanted` are the classes where they are known beforehand. */
export async function readFolder(
  directory: string,
  options: Pick<ImageFolderOptions, 'extensions' | 'followLinks'>,
  wanted: readonly string[] | undefined,
): Promise<NamedDataset> {
  const found = await subfolders(directory);
  const isImage = extensionTest(options.extensions ?? imageFolderOptions.extensions.default);
  if (!wanted) await refuseSplitFolders(directory, found, isImage);
  const classes = wanted ?? found;
  checkFolders(directory, found, wanted);

  const paths: string[] = [];
  const names: string[] = [];
  const labels: number[] = [];
  for (const [label, name] of classes.entries()) {
    if (!found.includes(name)) continue;
    const files = (await walkFiles(join(directory, name), options.followLinks ?? true)).filter(isImage);
    if (files.length === 0 && !wanted) throw emptyClass(directory, name);
    for (const file of files) {
      paths.push(join(directory, name, file));
      names.push(file.split(sep).join('/'));
      labels.push(label);
    }
  }
  if (paths.length === 0)
    throw new ThawError('ERR_DATA_EMPTY', `There are no images in the class folders of ${directory}.`);
  return { dataset: new Dataset({ classes, labels, source: { kind: 'files', paths } }), names };
}

function checkFolders(
  directory: string,
  found: readonly string[],
  wanted: readonly string[] | undefined,
): void {
  if (!wanted) {
    if (found.length > 1) return;
    if (found.length === 1) {
      throw new ThawError(
        'ERR_DATA_ONE_CLASS',
        `${directory} holds one class only, '${found[0]}'; telling images apart takes at least two class folders.`,
      );
    }
    throw new ThawError(
      'ERR_DATA_EMPTY',
      `${directory} holds no class folders; put the images of each class into a folder named after the class.`,
    );
  }
  for (const name of found) {
    if (wanted.includes(name)) continue;
    const nearest = closest(name, wanted);
    throw new ThawError(
      'ERR_DATA_UNKNOWN_CLASS',
      `${directory} holds the folder '${name}', which is none of the ${wanted.length} classes${
        nearest ? `; did you mean '${nearest}'?` : ` (${listed(wanted)}).`
      }`,
    );
  }
}

const splitNames = /^(train(ing)?|val(id(ation)?)?|test(ing)?)$/i;

/** `photos/` in place of `photos/train/`: the folders are named as splits are, and hold folders, not images. */
async function refuseSplitFolders(
  directory: string,
  found: readonly string[],
  isImage: (file: string) => boolean,
): Promise<void> {
  const train = found.find((name) => /^train(ing)?$/i.test(name));
  if (train === undefined || found.length < 2 || !found.every((name) => splitNames.test(name))) return;
  for (const name of found) {
    const files = await walkFiles(join(directory, name), false);
    if (files.some((file) => isImage(file) && !file.includes(sep))) return;
  }
  const other = found.find((name) => /^val/i.test(name)) ?? found.find((name) => name !== train);
  throw new ThawError(
    'ERR_DATA_SPLIT_FOLDERS',
    `${directory} holds ${found.join(' and ')} in place of class folders; give ${join(directory, train)} as the data and ${join(directory, other ?? '')} as the validation data.`,
  );
}

function emptyClass(directory: string, name: string): ThawError {
  return new ThawError(
    'ERR_DATA_EMPTY',
    `The class folder ${join(directory, name)} holds no images; add some, or remove the folder.`,
  );
}

function extensionTest(extensions: readonly string[]): (file: string) => boolean {
  if (extensions.length === 0) throw invalid('extensions', 'a list of file extensions', extensions);
  const known = new Set(extensions.map((extension) => extension.toLowerCase().replace(/^\./, '')));
  return (file) => known.has(file.slice(file.lastIndexOf('.') + 1).toLowerCase());
}
