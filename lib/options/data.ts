import { handedOver, list, number, simple, text, yesNo } from './kinds.ts';
import { count, seed } from './run.ts';
import type { Table } from './table.ts';

/** Endings of the formats that are read; a file without one is looked into. */
export const READ_EXTENSIONS = [
  ...['jpg', 'jpeg', 'jpe', 'jfif', 'jpg_large', 'mpo', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'bmp'],
  ...['ppm', 'pgm', 'pbm'],
] as const;

/** What is set aside to validate on. */
export const validation = {
  validationSplit: {
    kind: number({ minimum: 0, below: 1 }),
    default: 0,
    help: "share of every class' images that is set aside for validation",
  },
  validation: {
    kind: text('the path of a folder or a listing'),
    help: 'a second folder or listing with the same classes, in place of `validationSplit`',
  },
  seed: { kind: seed, default: 0, help: 'of the split' },
  groupBy: {
    kind: simple<RegExp | string>({
      expected: 'a RegExp, or a pattern as text',
      written: 'PATTERN',
      accepts: (value) => (typeof value === 'string' && value !== '') || value instanceof RegExp,
    }),
    help: "images of one group stay on one side of the split: a group is what the first parentheses take of an image's path below the folder, such as '(patient\\d+)'; or the name of a listing's column",
  },
} as const satisfies Table;

/** How a listing is read. */
export const listing = {
  root: {
    kind: text('the path of a folder', 'DIR'),
    otherwise: "the listing's own",
    help: "the folder from which a listing's relative paths are taken",
  },
  pathColumn: {
    kind: text('the name of a column', 'NAME'),
    otherwise: 'path, filename, file_name, file, image, image_path, img and their like',
    help: "the column of a listing that holds the images' paths",
  },
  labelColumn: {
    kind: text('the name of a column', 'NAME'),
    otherwise: 'label, labels, class, class_name, category, target; else a column of 0 and 1 for each class',
    help: 'the column of a listing that holds the classes',
  },
} as const satisfies Table;

export const imageListing = {
  ...validation,
  ...listing,
  multiLabel: {
    kind: yesNo,
    otherwise: 'where a row says so',
    help: 'whether an image may be of several classes, or of none: `a|b` in its row, a list in JSON, or several columns with 1; false: a `|` is a part of the name',
  },
  classes: {
    kind: list(text('a class name'), 'a list of class names'),
    otherwise: 'all labels, sorted; columns of 0 and 1 in their order',
    help: 'the classes in the order of their indices; other labels are refused',
  },
} as const satisfies Table;

export const imageFolder = {
  ...validation,
  classes: {
    kind: list(text('a class name'), 'a list of class names'),
    otherwise: 'all folders, sorted',
    help: 'the class folders in the order of their indices; one of them may lack images, others are refused',
  },
  extensions: {
    kind: list(text('a file extension'), 'a list of file extensions'),
    otherwise: `${READ_EXTENSIONS.join(', ')}, and what has no ending but begins as one of them`,
    help: 'what is taken for an image; without dots, in any case of letters; other files are left out and counted',
  },
  followLinks: {
    kind: yesNo,
    default: true,
    help: 'whether links to folders inside a class are entered, as torchvision does',
  },
} as const satisfies Table;

/** Of `dataset.split(fraction, options)`. */
export const datasetSplit = {
  fraction: { kind: validation.validationSplit.kind, help: 'share of the images to validate on' },
  seed: { kind: seed, default: 0, help: 'of the division' },
  stratify: { kind: yesNo, default: true, help: 'whether each class is divided by the same share' },
  groups: {
    kind: handedOver<readonly (string | number)[]>('a list of names, one an image', Array.isArray),
    help: 'the group of each image: images of one group stay together',
  },
} as const satisfies Table;

/** Of `toDataset(data, options)`. */
export const toDataset = {
  stepsPerEpoch: {
    kind: count,
    otherwise: 'all batches of a list',
    help: 'how many batches of an iterable are an epoch; they are held in memory',
  },
  classes: {
    kind: list(text('a class name'), 'a list of class names'),
    otherwise: "the labels' names, sorted; `0`, `1`, ... for rows",
    help: 'the class names in the order of their indices, where the data does not have them',
  },
  multiLabel: { kind: yesNo, default: false, help: 'whether an image may be of several classes, or of none' },
  name: { kind: text('a name'), default: 'data', help: 'what messages call it' },
} as const satisfies Table;
