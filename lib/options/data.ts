import { list, number, text, yesNo } from './kinds.ts';
import { seed } from './run.ts';
import type { Table } from './table.ts';

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
} as const satisfies Table;

export const imageListing = {
  ...validation,
  classes: {
    kind: list(text('a class name'), 'a list of class names'),
    otherwise: 'all labels, sorted',
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
    default: ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif', 'bmp'],
    help: 'what is taken for an image; without dots, in any case of letters',
  },
  followLinks: {
    kind: yesNo,
    default: true,
    help: 'whether links to folders inside a class are entered, as torchvision does',
  },
} as const satisfies Table;
