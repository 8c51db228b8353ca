import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, extname, isAbsolute, join, normalize } from 'node:path';
import { ThawError } from '../errors.ts';
import { imageListing as imageListingOptions } from '../options/data.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { closest, invalid, shortened } from '../validate.ts';
import { Dataset } from './dataset.ts';
import { unreadable } from './files.ts';
import { type LabelledImages, type NamedDataset, withValidation } from './labelled-images.ts';
import { parseListing, type Row } from './listing-rows.ts';
import { compareCodePoints } from './order.ts';

/** docs/api.md has the table. */
export type ImageListingOptions = Given<typeof imageListingOptions>;

/**
 * Reads a listing of labelled images: `.csv` with the header `path,label` (in any order, other columns are
 * ignored), or `.jsonl`/`.ndjson` with `{"path": ..., "label": ...}` on each line. Relative paths are relative
 * to the listing's folder. Classes are the labels sorted by code point.
 *
 * @throws ThawError ERR_DATA_NOT_FOUND, ERR_DATA_LISTING (naming the line), ERR_DATA_EMPTY,
 *   ERR_DATA_ONE_CLASS, ERR_DATA_UNKNOWN_CLASS, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export async function imageListing(file: string, options: ImageListingOptions = {}): Promise<LabelledImages> {
  if (typeof file !== 'string' || file === '') throw invalid('file', 'a path', file);
  const checked = checkOptions('imageListing', imageListingOptions, options);
  return withValidation(checked, (path, classes) => readListing(path ?? file, classes));
}

/** The images of one listing; `wanted` are the classes where they are known beforehand. */
export async function readListing(
  file: string,
  wanted: readonly string[] | undefined,
): Promise<NamedDataset> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw unreadable(file, error);
  }
  const rows = parseListing(file, extname(file).toLowerCase(), text);
  if (rows.length === 0) throw new ThawError('ERR_DATA_EMPTY', `${file} lists no images.`);
  const classes = wanted ?? [...new Set(rows.map((row) => row.label))].sort(compareCodePoints);
  if (!wanted && classes.length < 2) {
    throw new ThawError(
      'ERR_DATA_ONE_CLASS',
      `${file} holds one class only, '${shortened(classes[0] ?? '')}'; telling images apart takes at least two.`,
    );
  }
  const folder = dirname(file);
  const paths = rows.map(({ path }) => (isAbsolute(path) ? path : join(folder, path)));
  refuseMisplaced(file, rows, paths);
  const labels = indices(file, rows, classes);
  const names = rows.map(({ path }) => normalize(path));
  return { dataset: new Dataset({ classes, labels, source: { kind: 'files', paths } }), names };
}

function indices(file: string, rows: readonly Row[], classes: readonly string[]): number[] {
  const index = new Map(classes.map((name, i) => [name, i]));
  return rows.map(({ label, line }) => {
    const found = index.get(label);
    if (found !== undefined) return found;
    const nearest = closest(label, classes);
    throw new ThawError(
      'ERR_DATA_UNKNOWN_CLASS',
      `${file}, line ${line}: '${shortened(label)}' is none of the ${classes.length} classes${nearest ? `; did you mean '${nearest}'?` : '.'}`,
    );
  });
}

/** A single missing file is skipped while training; if none of the first is there, the paths are meant otherwise. */
function refuseMisplaced(file: string, rows: readonly Row[], paths: readonly string[]): void {
  const sample = paths.slice(0, 16);
  if (sample.some((path) => existsSync(path))) return;
  throw new ThawError(
    'ERR_DATA_NOT_FOUND',
    `${file}, line ${rows[0]?.line}: there is no ${sample[0]}, nor the next files listed; relative paths are taken from the listing's folder.`,
  );
}
