import { join, sep } from 'node:path';
import { ThawError } from '../errors.ts';
import { imageFolder as imageFolderOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, listed } from '../validate.ts';
import { noteMissing, noteSameInOtherCase } from './class-notes.ts';
import { Dataset } from './dataset.ts';
import { type FolderContent, folderContent, walkFiles } from './files.ts';
import { classIndex } from './given-labels.ts';
import { groupsOf } from './groups.ts';
import { extensionOf, type ImageTest, imageTest } from './image-files.ts';
import {
  type LabelledImages,
  type ReadImages,
  SIDES,
  type SideImages,
  withValidation,
} from './labelled-images.ts';
import { Notes } from './left-out.ts';
import { splitFolders } from './split-folders.ts';

/** docs/api.md has the table. */
export type ImageFolderOptions = Given<typeof imageFolderOptions>;

/**
 * Reads a folder of class folders, as torchvision's ImageFolder and Keras' image_dataset_from_directory do:
 * classes are the folders' names sorted by code point, images are found below them recursively in sorted order.
 * A folder that holds `train` and `val` (`valid`, `validation`) or `test` in place of classes gives each of them; the
 * classes are those of `train`. Hidden names (a leading dot) and what is no image are left out, and counted in `notes`.
 * Only names are read here, and the beginnings of files without an ending; the images are read while training.
 *
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_EMPTY (no images, or a class without any),
 *   ERR_DATA_ONE_CLASS, ERR_DATA_UNKNOWN_CLASS, ERR_DATA_UNREADABLE, ERR_DATA_SPLIT_FOLDERS (there is more beside
 *   `train` and its kin, or two for the same), ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export async function imageFolder(
  directory: string,
  options: ImageFolderOptions = {},
): Promise<LabelledImages> {
  if (typeof directory !== 'string' || directory === '') throw invalid('directory', 'a path', directory);
  const checked = checkOptions('imageFolder', imageFolderOptions, options);
  return withValidation(checked, (path, { classes }, notes) =>
    readFolder(path ?? directory, checked, classes, notes),
  );
}

type ReadOptions = Pick<ImageFolderOptions, 'extensions' | 'followLinks' | 'groupBy'>;

/** The images of one folder; `wanted` are the classes where they are known beforehand. */
export async function readFolder(
  directory: string,
  options: ReadOptions,
  wanted: readonly string[] | undefined,
  notes: Notes,
): Promise<ReadImages> {
  const isImage = imageTest(options.extensions);
  const content = await folderContent(directory, '', notes);
  await noteLoose(directory, '', content.files, isImage, notes);
  const split = await splitFolders(directory, content.folders);
  const asked = { ...options, isImage, notes };
  if (!split) {
    const train = await readClasses({ directory, shown: '', content, wanted, ...asked });
    return { place: directory, divided: false, sides: { train } };
  }
  const sides: ReadImages['sides'] = {};
  for (const side of SIDES) {
    const name = split[side];
    if (name === undefined) continue;
    const classes = sides.train?.dataset.classes ?? wanted;
    const below = join(directory, name);
    const inSide = await folderContent(below, name, notes);
    await noteLoose(below, name, inSide.files, isImage, notes);
    sides[side] = await readClasses({
      directory: below,
      shown: name,
      content: inSide,
      wanted: classes,
      ...asked,
    });
  }
  return { place: directory, divided: true, sides };
}

interface ClassFolders extends ReadOptions {
  directory: string;
  /** The folder's name in notes. */
  shown: string;
  content: FolderContent;
  wanted: readonly string[] | undefined;
  isImage: ImageTest;
  notes: Notes;
}

async function readClasses(from: ClassFolders): Promise<SideImages> {
  const { directory, shown, content, wanted, isImage, followLinks = true, groupBy, notes } = from;
  const { folders, illegible } = content;
  if (illegible[0] !== undefined) {
    throw new ThawError(
      'ERR_DATA_UNREADABLE',
      `${directory} holds a folder whose name is not UTF-8, '${illegible[0]}'; rename it.`,
    );
  }
  // macOS writes names decomposed (NFD), others composed (NFC): they are one class.
  const composed = folders.map((name) => name.normalize('NFC'));
  const classes = wanted ?? [...new Set(composed)];
  const known = classes.map((name) => name.normalize('NFC'));
  checkFolders(directory, folders, composed, wanted && known);

  const paths: string[] = [];
  const names: string[] = [];
  const labels: number[] = [];
  const grouped: string[] = [];
  for (const [label, name] of known.entries()) {
    const before = paths.length;
    for (const folder of folders.filter((_, i) => composed[i] === name)) {
      const below = inside(shown, folder);
      for (const file of await walkFiles(join(directory, folder), { shown: below, followLinks, notes })) {
        const path = file.split(sep).join('/');
        if (!(await isImage(join(directory, folder), file, `${below}/${path}`, notes))) continue;
        paths.push(join(directory, folder, file));
        names.push(path);
        grouped.push(`${folder}/${path}`);
        labels.push(label);
      }
    }
    if (paths.length === before && !wanted) throw emptyClass(directory, name, notes);
  }
  if (paths.length === 0) {
    throw new ThawError('ERR_DATA_EMPTY', `There are no images in the class folders of ${directory}.`);
  }
  const dataset = new Dataset({ classes, labels, names, source: { kind: 'files', paths } });
  if (wanted) noteMissing(directory, dataset, notes);
  else noteSameInOtherCase(dataset.classes, notes);
  return { dataset, groups: groupBy === undefined ? undefined : groupsOf(grouped, groupBy) };
}

/** Images beside the class folders have no class. */
async function noteLoose(
  directory: string,
  shown: string,
  files: readonly string[],
  isImage: ImageTest,
  notes: Notes,
): Promise<void> {
  for (const file of files) {
    const extension = extensionOf(file);
    if (!(await isImage(directory, file, file, new Notes()))) continue;
    notes.leaveOut('loose', extension === '' ? 'image' : `.${extension} file`, inside(shown, file));
  }
}

function inside(shown: string, name: string): string {
  return shown === '' ? name : `${shown}/${name}`;
}

function checkFolders(
  directory: string,
  found: readonly string[],
  composed: readonly string[],
  wanted: readonly string[] | undefined,
): void {
  if (!wanted) {
    if (new Set(composed).size > 1) return;
    if (found.length > 0) {
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
  const indexOf = classIndex(wanted);
  for (const name of composed) indexOf(name, `${directory} holds the folder`);
}

function emptyClass(directory: string, name: string, { leftOut }: Notes): ThawError {
  const unread = leftOut.filter(({ reason }) => reason === 'format').map(({ what }) => `${what}s`);
  const hint = unread.length > 0 ? ` (this build cannot read ${listed(unread)})` : '';
  return new ThawError(
    'ERR_DATA_EMPTY',
    `The class folder ${join(directory, name)} holds no images${hint}; add some, or remove the folder.`,
  );
}
