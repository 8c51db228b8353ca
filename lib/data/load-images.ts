import { stat } from 'node:fs/promises';
import { ThawError } from '../errors.ts';
import { unusable } from '../options/arguments.ts';
import type { Dataset } from './dataset.ts';
import { unreadable } from './files.ts';
import { readFolder } from './image-folder.ts';
import {
  type LabelledImages,
  type ReadPlace,
  SIDES,
  type Side,
  type ValidationOptions,
  withValidation,
} from './labelled-images.ts';
import { Notes } from './left-out.ts';
import { type ImageListingOptions, readListing } from './listing.ts';

type PlaceOptions = Pick<ImageListingOptions, 'root' | 'pathColumn' | 'labelColumn' | 'groupBy'>;

/**
 * A folder of class folders or a listing, whichever `path` is; the validation data may be of the other kind.
 * @throws ThawError as imageFolder and imageListing do; ERR_INVALID_ARGUMENT for options of listings where there is none
 */
export async function loadImages(
  path: string,
  options: ValidationOptions & PlaceOptions = {},
): Promise<LabelledImages> {
  const places = options.validation === undefined ? [path] : [path, options.validation];
  await refuseListingOptions(places, options);
  const { root: _, pathColumn: __, labelColumn: ___, ...validating } = options;
  return withValidation(validating, reader(path, options));
}

/** The images of one side, for evaluation, and what there is to know of them. */
export interface PartOfImages {
  images: Dataset;
  notes: readonly string[];
}

/**
 * One side of a folder or listing: where it is divided, `side`, else those to test on, else those to validate on; where
 * it is not, everything.
 * @param classes those of the model, where they are known
 * @throws ThawError as loadImages does; ERR_DATA_EMPTY where there is no such side
 */
export async function loadPart(
  path: string,
  side: Side | undefined,
  classes: readonly string[] | undefined,
  options: Omit<PlaceOptions, 'groupBy'>,
): Promise<PartOfImages> {
  await refuseListingOptions([path], options);
  const notes = new Notes();
  const { divided, sides } = await reader(path, options)(undefined, { classes }, notes);
  if (side !== undefined && (!divided || !sides[side])) {
    const found = SIDES.filter((name) => sides[name]).join(' and ');
    throw new ThawError(
      'ERR_DATA_EMPTY',
      `${path} ${divided ? `holds ${found}` : 'is not divided'}: there is no side to ${sideWords[side]} on.`,
    );
  }
  const chosen = side ?? (['test', 'validation', 'train'] as const).find((name) => sides[name]);
  const images = (chosen && sides[chosen])?.dataset;
  if (!images) throw new ThawError('ERR_DATA_EMPTY', `There are no images in ${path}.`);
  if (divided && side === undefined) notes.say(`${path} is divided: its ${chosen} images are taken.`);
  return { images, notes: notes.sentences };
}

const sideWords: Readonly<Record<Side, string>> = {
  train: 'train',
  validation: 'validate',
  test: 'test',
};

function reader(path: string, options: PlaceOptions): ReadPlace {
  return async (other, known, notes) => {
    const from = other ?? path;
    return (await isFolder(from))
      ? readFolder(from, options, known.classes, notes)
      : readListing(from, { ...options, ...known }, notes);
  };
}

/** They would go without effect. */
async function refuseListingOptions(
  places: readonly string[],
  { root, pathColumn, labelColumn }: PlaceOptions,
): Promise<void> {
  const given = Object.entries({ root, pathColumn, labelColumn }).find(([, value]) => value !== undefined);
  if (!given) return;
  for (const place of places) if (!(await isFolder(place))) return;
  throw unusable(`${given[0]} is an option of listings, and ${places.join(' and ')} is a folder.`);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw unreadable(path, error);
  }
}
