import { dirname, extname, normalize } from 'node:path';
import { ThawError } from '../errors.ts';
import { imageListing as imageListingOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, listed, shortened } from '../validate.ts';
import { noteMissing, noteSameInOtherCase, noteSeveralInOne, noteTwoClasses } from './class-notes.ts';
import { Dataset } from './dataset.ts';
import { classIndex, severalOf, sortedNames } from './given-labels.ts';
import { groupsOf } from './groups.ts';
import {
  type LabelledImages,
  type ReadImages,
  SIDES,
  type SideImages,
  withValidation,
} from './labelled-images.ts';
import type { Notes } from './left-out.ts';
import { ListedFiles } from './listed-files.ts';
import { type Columns, listingColumns } from './listing-columns.ts';
import { listingRows, type Row } from './listing-rows.ts';
import { type ListingTable, parseListing } from './listing-table.ts';
import { filesInTwoClasses, realFiles } from './real-files.ts';
import { type FoundRow, withoutRepetitions } from './repeated-rows.ts';
import { readText } from './text-file.ts';

/** docs/api.md has the table. */
export type ImageListingOptions = Given<typeof imageListingOptions>;

/**
 * Reads a listing of labelled images: `.csv` (commas, semicolons or tabs) or `.tsv` with a header such as `path,label`,
 * or `.jsonl`/`.ndjson` with `{"path": ..., "label": ...}` on each line; in UTF-8, UTF-16 or Latin-1. Other usual names
 * of columns are known (docs/api.md). Relative paths are taken from the listing's folder. Classes are the labels sorted
 * by code point, or the columns of 0 and 1 in their order. A column `split` says which images are to train, validate
 * and test on.
 *
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_LISTING (naming the line), ERR_DATA_EMPTY, ERR_DATA_UNREADABLE,
 *   ERR_DATA_ONE_CLASS, ERR_DATA_UNKNOWN_CLASS, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export async function imageListing(file: string, options: ImageListingOptions = {}): Promise<LabelledImages> {
  if (typeof file !== 'string' || file === '') throw invalid('file', 'a path', file);
  const checked = checkOptions('imageListing', imageListingOptions, options);
  return withValidation(checked, (path, known, notes) =>
    readListing(path ?? file, { ...checked, ...known }, notes),
  );
}

type ReadOptions = Pick<
  ImageListingOptions,
  'root' | 'pathColumn' | 'labelColumn' | 'groupBy' | 'classes' | 'multiLabel'
>;

/** The images of one listing; `classes` are given where they are known beforehand. */
export async function readListing(file: string, options: ReadOptions, notes: Notes): Promise<ReadImages> {
  const table = parseListing(file, extname(file).toLowerCase(), await readText(file, notes));
  const columns = listingColumns(table, options);
  if (table.rows.length === 0) throw new ThawError('ERR_DATA_EMPTY', `${file} lists no images.`);
  if (typeof columns.label !== 'number') {
    const names = columns.label.map(({ name }) => name);
    notes.say(
      `${file} has no column for the label: its columns of 0 and 1 are the classes, ${listed(names)}.`,
    );
  }
  const { rows, multiLabel } = listingRows(table, columns, options.multiLabel);
  const found = await findFiles(file, rows, options.root ?? dirname(file), notes);
  const kept = withoutRepetitions(file, found, multiLabel, notes);
  if (columns.split === undefined) {
    const classes = options.classes ?? classesOf(kept, table, columns);
    checkCount(file, classes);
    return {
      place: file,
      divided: false,
      sides: { train: side(file, kept, classes, multiLabel, options, notes) },
    };
  }
  const sides: ReadImages['sides'] = {};
  for (const name of SIDES) {
    const ofSide = kept.filter((row) => row.side === name);
    if (ofSide.length === 0) continue;
    const [known] = Object.values(sides);
    const classes = options.classes ?? known?.dataset.classes ?? classesOf(ofSide, table, columns);
    checkCount(file, classes);
    sides[name] = side(`${file} (${name})`, ofSide, classes, multiLabel, options, notes);
  }
  return { place: file, divided: true, sides };
}

function side(
  place: string,
  rows: readonly FoundRow[],
  classes: readonly string[],
  multiLabel: boolean,
  { classes: wanted, groupBy }: ReadOptions,
  notes: Notes,
): SideImages {
  const indexOf = classIndex(classes.map((name) => name.normalize('NFC')));
  const indices = rows.map(({ labels, line }) =>
    labels.map((name) => indexOf(name, `${place}, line ${line}: the label is`)),
  );
  const names = rows.map(({ path }) => normalize(path));
  const files = rows.map(({ real }) => real);
  const dataset = new Dataset({
    ...(multiLabel
      ? severalOf(indices, classes)
      : { classes, labels: indices.map(([index]) => index as number) }),
    names,
    source: { kind: 'files', paths: rows.map((row) => row.file) },
  });
  noteMissing(place, dataset, notes);
  if (!wanted) {
    noteSameInOtherCase(classes, notes);
    if (!multiLabel) noteSeveralInOne(classes, notes);
  }
  if (multiLabel) noteSeveral(place, rows, notes);
  else
    noteTwoClasses(
      filesInTwoClasses(
        files,
        (i) => String(indices[i]),
        rows.map(({ file }) => file),
      ),
      notes,
    );
  if (groupBy === undefined) return { dataset, files };
  const given = rows.flatMap(({ group }) => (group === undefined ? [] : [group]));
  return { dataset, files, groups: given.length > 0 ? given : groupsOf(names, groupBy) };
}

/** Columns of 0 and 1 in their order, labels sorted. */
function classesOf(rows: readonly Row[], { columns }: ListingTable, { label }: Columns): readonly string[] {
  return typeof label === 'number'
    ? sortedNames(rows.flatMap(({ labels }) => labels))
    : label.map(({ index }) => (columns[index] as string).normalize('NFC'));
}

function checkCount(file: string, classes: readonly string[]): void {
  if (classes.length > 1) return;
  throw new ThawError(
    'ERR_DATA_ONE_CLASS',
    `${file} holds one class only, '${shortened(classes[0] ?? '')}'; telling images apart takes at least two.`,
  );
}

function noteSeveral(place: string, rows: readonly Row[], notes: Notes): void {
  const several = rows.filter(({ labels }) => labels.length > 1).length;
  const none = rows.filter(({ labels }) => labels.length === 0).length;
  notes.say(
    `${place} is multi-label: ${several} of ${rows.length} images are of several classes, ${none} of none.`,
  );
}

/** A file that is missing is left out while training; if none is there, the paths are meant otherwise. */
async function findFiles(
  listing: string,
  rows: readonly Row[],
  root: string,
  notes: Notes,
): Promise<FoundRow[]> {
  const files = new ListedFiles(root);
  const result: Omit<FoundRow, 'real'>[] = [];
  const missing: Omit<FoundRow, 'real'>[] = [];
  for (const row of rows) {
    const { path, found } = await files.find(row.path);
    const withFile = { ...row, file: path };
    result.push(withFile);
    if (!found) missing.push(withFile);
  }
  const [first] = missing;
  if (first && missing.length === rows.length) {
    const near = await files.longer(first.path);
    const hint = near === undefined ? '' : `; there is ${near}, so write the files' endings as well`;
    throw new ThawError(
      'ERR_DATA_NOT_FOUND',
      `${listing}, line ${first.line}: there is no ${first.file}, nor any other file listed${hint}; relative paths are taken from ${root}, unless root names another folder.`,
    );
  }
  if (first) {
    notes.say(
      `${listing}: ${missing.length} of ${rows.length} files listed are not there; the first is ${first.file} (line ${first.line}).`,
    );
  }
  const real = await realFiles(result.map(({ file }) => file));
  return result.map((row, i) => ({ ...row, real: real[i] as string }));
}
