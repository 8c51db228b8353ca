import { join, sep } from 'node:path';
import { ThawError } from '../errors.ts';
import { imageFolder as imageFolderOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, listed } from '../validate.ts';
import { noteMissing, noteSameInOtherCase, noteTwoClasses } from './class-notes.ts';
import { Dataset } from './dataset.ts';
import { type FolderContent, folderContent } from './files.ts';
import { classIndex } from './given-labels.ts';
import { groupsOf } from './groups.ts';
import { extensionOf, type ImageTest, imageTest } from './image-files.ts';
import {
  type LabelledImages,
  type ReadImages,
  SIDES,
  type Side,
  type SideImages,
  withValidation,
} from './labelled-images.ts';
import { Notes } from './left-out.ts';
import { filesInTwoClasses, lies, realFiles, realFolder } from './real-files.ts';
import { splitFolders } from './split-folders.ts';
import { type Walk, walkFiles } from './walk.ts';

/** docs/api.md has the table. */
export type ImageFolderOptions = Given<typeof imageFolderOptions>;

/**
 * Reads a folder of class folders, as torchvision's ImageFolder and Keras' image_dataset_from_directory do:
 * classes are the folders' names sorted by code point, images are found below them recursively in sorted order.
 * A folder that holds `train` and `val` (`valid`, `validation`) or `test` in place of classes gives each of them; the
 * classes are those of `train`. A file counts once in a class, through whatever links; links that lead to other classes are
 * not followed. Hidden names (a leading dot) and what is no image are left out, and counted in `notes`.
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
  const content = await withoutAncestors(directory, await folderContent(directory, '', notes), notes);
  await noteLoose(directory, '', content.files, isImage, notes);
  const split = await splitFolders(directory, content.folders);
  const places: Place[] = [];
  if (!split) places.push({ side: 'train', directory, shown: '', content });
  for (const side of split ? SIDES : []) {
    const name = split?.[side];
    if (name === undefined) continue;
    const below = join(directory, name);
    const inSide = await withoutAncestors(below, await folderContent(below, name, notes), notes);
    await noteLoose(below, name, inSide.files, isImage, notes);
    places.push({ side, directory: below, shown: name, content: inSide });
  }
  const real = new Map<string, string>();
  for (const { directory: at, content } of places) {
    for (const name of content.folders) real.set(join(at, name), await realFolder(join(at, name)));
  }
  const sides: ReadImages['sides'] = {};
  for (const { side, ...place } of places) {
    const classes = sides.train?.dataset.classes ?? wanted;
    sides[side] = await readClasses({ ...options, ...place, wanted: classes, real, isImage, notes });
  }
  return { place: directory, divided: split !== undefined, sides };
}

interface Place {
  side: Side;
  directory: string;
  /** The folder's name in notes. */
  shown: string;
  content: FolderContent;
}

interface ClassFolders extends ReadOptions, Omit<Place, 'side'> {
  wanted: readonly string[] | undefined;
  /** Of every class folder of every side, where it really lies. */
  real: ReadonlyMap<string, string>;
  isImage: ImageTest;
  notes: Notes;
}

/** A link that leads to the folder it is in, or to one above, is no class. */
async function withoutAncestors(
  directory: string,
  content: FolderContent,
  notes: Notes,
): Promise<FolderContent> {
  const here = await realFolder(directory);
  const folders: string[] = [];
  for (const name of content.folders) {
    if (content.links.has(name) && lies(here, await realFolder(join(directory, name))))
      notes.leaveOut('elsewhere', 'linked folder', name);
    else folders.push(name);
  }
  return { ...content, folders };
}

async function readClasses(from: ClassFolders): Promise<SideImages> {
  const { directory, content, wanted, groupBy, notes } = from;
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

  const images: ClassImage[] = [];
  const labels: number[] = [];
  for (const [label, name] of known.entries()) {
    const own = folders.filter((_, i) => composed[i] === name);
    const found = await classImages(from, own);
    if (found.length === 0 && !wanted) throw emptyClass(directory, name, notes);
    images.push(...found);
    labels.push(...found.map(() => label));
  }
  if (images.length === 0) {
    throw new ThawError('ERR_DATA_EMPTY', `There are no images in the class folders of ${directory}.`);
  }
  const files = images.map(({ file }) => file);
  const paths = images.map(({ path }) => path);
  noteTwoClasses(
    filesInTwoClasses(files, (i) => String(labels[i]), paths),
    notes,
  );
  const dataset = new Dataset({
    classes,
    labels,
    names: images.map(({ name }) => name),
    source: { kind: 'files', paths },
  });
  if (wanted) noteMissing(directory, dataset, notes);
  else noteSameInOtherCase(dataset.classes, notes);
  const groups =
    groupBy === undefined
      ? undefined
      : groupsOf(
          images.map(({ folder, name }) => `${folder}/${name}`),
          groupBy,
        );
  return { dataset, files, groups };
}

interface ClassImage {
  path: string;
  folder: string;
  /** Below the folder, with slashes. */
  name: string;
  linked: boolean;
  /** As realFiles tells it. */
  file: string;
}

/** The images of the folders of one class, each file once. */
async function classImages(from: ClassFolders, folders: readonly string[]): Promise<ClassImage[]> {
  const { directory, shown, real, isImage, followLinks = true, notes } = from;
  const own = new Set(folders.map((folder) => join(directory, folder)));
  const elsewhere = [...real].filter(([folder]) => !own.has(folder)).map(([, place]) => place);
  const walk: Walk = { followLinks, elsewhere, seen: new Set(), notes };
  const found: Omit<ClassImage, 'file'>[] = [];
  for (const folder of folders) {
    const at = join(directory, folder);
    for (const { path, linked } of await walkFiles(at, inside(shown, folder), walk)) {
      const name = path.split(sep).join('/');
      if (await isImage(at, path, inside(shown, `${folder}/${name}`), notes))
        found.push({ path: join(at, path), folder, name, linked });
    }
  }
  const files = await realFiles(found.map(({ path }) => path));
  const images = found.map((image, i) => ({ ...image, file: files[i] as string }));
  const kept = new Map<string, ClassImage>();
  for (const image of [...images.filter(({ linked }) => !linked), ...images]) {
    if (!kept.has(image.file)) kept.set(image.file, image);
  }
  return images.filter((image) => {
    if (kept.get(image.file) === image) return true;
    const what = image.linked ? 'linked file' : 'file';
    notes.leaveOut('same', what, inside(shown, `${image.folder}/${image.name}`));
    return false;
  });
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
