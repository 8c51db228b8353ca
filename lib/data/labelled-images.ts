import { ThawError } from '../errors.ts';
import { validation } from '../options/data.ts';
import { checkOptions, type Given, pick } from '../options/table.ts';
import type { Dataset } from './dataset.ts';
import { type Finding, finding } from './finding.ts';
import { type LeftOut, Notes } from './left-out.ts';

/** What a folder or a listing gives. */
export interface LabelledImages {
  train: Dataset;
  /** Absent unless there is a validation set, or a split was asked for. */
  validation?: Dataset;
  /** Absent unless the folder or listing sets some aside. */
  test?: Dataset;
  classes: readonly string[];
  /** What there is to know of it, a sentence each: what was left out, repeated, missing. */
  notes: readonly string[];
  /** Of those, the files that are no part of the data. */
  leftOut: readonly LeftOut[];
  /** The same for a program: what was left out, and what is doubtful. */
  findings: readonly Finding[];
}

/** docs/api.md has the table. */
export type ValidationOptions = Given<typeof validation>;

export const SIDES = ['train', 'validation', 'test'] as const;
export type Side = (typeof SIDES)[number];

export interface SideImages {
  dataset: Dataset;
  /** Which file each image is, as realFiles tells it. */
  files: readonly string[];
  /** The group of each image, where they were asked for. */
  groups?: readonly string[] | undefined;
}

/** What one folder or listing holds; where it is not divided, everything is in `train`. */
export interface ReadImages {
  /** For messages. */
  place: string;
  /** Whether it says itself what is to train on and what is to validate on. */
  divided: boolean;
  sides: Partial<Record<Side, SideImages>>;
}

/** How a place is read. `classes` and `multiLabel` are those of the training images, once these are known. */
export type ReadPlace = (
  path: string | undefined,
  known: { classes?: readonly string[] | undefined; multiLabel?: boolean },
  notes: Notes,
) => Promise<ReadImages>;

/** The training images and the validation side: of the same place, read from its own, or split off. */
export async function withValidation(
  options: ValidationOptions & { classes?: readonly string[] | undefined },
  read: ReadPlace,
): Promise<LabelledImages> {
  const checked = checkOptions('validation', validation, pick(validation, options));
  const { validationSplit, seed } = checked;
  if (checked.validation !== undefined && validationSplit > 0) {
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Give either validation or validationSplit, not both.');
  }
  const notes = new Notes();
  const own = await read(undefined, { classes: options.classes }, notes);
  const { train, test } = own.sides;
  if (!train) throw new ThawError('ERR_DATA_EMPTY', `${own.place} holds no images to train on.`);
  const { classes } = train.dataset;
  const held = await validationSide(own, checked.validation, read, notes);
  const result = (training: Dataset, validating: Dataset | undefined): LabelledImages => ({
    train: training,
    ...(validating && { validation: validating }),
    ...(test && { test: test.dataset }),
    classes,
    notes: notes.sentences,
    leftOut: notes.leftOut,
    findings: notes.findings,
  });
  if (held) {
    if (validationSplit > 0) {
      notes.say(
        `validationSplit is not used: ${own.place} says itself which ${held.dataset.size} images validate.`,
      );
    }
    noteShared(train, held, notes);
    return result(train.dataset, held.dataset);
  }
  const { groups } = train;
  const sides = train.dataset.sides(validationSplit, { seed, ...(groups && { groups }) });
  if (sides.validation.length === 0) return result(train.dataset, undefined);
  if (groups) {
    const inValidation = new Set(sides.validation.map((i) => groups[i]));
    notes.say(
      `groupBy: ${inValidation.size} of ${new Set(groups).size} groups validate, ${sides.validation.length} of ${groups.length} images.`,
    );
  }
  return result(train.dataset.subset(sides.train), train.dataset.subset(sides.validation));
}

/** The validation images that are there without a split. */
async function validationSide(
  own: ReadImages,
  path: string | undefined,
  read: ReadPlace,
  notes: Notes,
): Promise<SideImages | undefined> {
  if (path === undefined) return own.sides.validation;
  if (own.sides.validation) {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `${own.place} has validation images of its own: give either those or validation.`,
    );
  }
  const { classes, kind } = (own.sides.train as SideImages).dataset;
  const other = await read(path, { classes, multiLabel: kind === 'multiLabel' }, notes);
  const held = other.divided ? other.sides.validation : other.sides.train;
  if (held) return held;
  throw new ThawError('ERR_DATA_EMPTY', `${other.place} is divided, and holds no images to validate on.`);
}

/** What a given division leaves on both sides: it is the giver's to mend. */
function noteShared(train: SideImages, held: SideImages, notes: Notes): void {
  const trained = new Map(train.files.map((file, i) => [file, i]));
  const both = held.files.flatMap((file, i): Finding[] => {
    const other = trained.get(file);
    if (other === undefined) return [];
    const names = [pathOf(train.dataset, other), pathOf(held.dataset, i)];
    return [finding('sameInValidation', [...new Set(names)], 'one file is trained on and validated on')];
  });
  if (both[0]) {
    const [example] = both[0].names;
    notes.doubt(
      both,
      both.length === 1
        ? `1 file is trained on and validated on as well: ${example}.`
        : `${both.length} files are trained on and validated on as well: ${example} is one of them.`,
    );
  }
  const groups = new Set(train.groups);
  const shared = new Set(held.groups?.filter((group) => groups.has(group)));
  const [first] = shared;
  if (first !== undefined) {
    notes.say(`${shared.size} groups are trained on and validated on as well: '${first}' is one of them.`);
  }
}

function pathOf({ source, names }: Dataset, i: number): string {
  return (source.kind === 'files' ? source.paths : names)[i] as string;
}
