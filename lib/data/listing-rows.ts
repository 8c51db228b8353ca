import { describe, shortened } from '../validate.ts';
import type { Side } from './labelled-images.ts';
import { bit, type Columns } from './listing-columns.ts';
import { type ListingTable, listingProblem, type TableRow } from './listing-table.ts';
import { sideNamed } from './split-folders.ts';

/** One listed image; `line` counts from 1. */
export interface Row {
  line: number;
  path: string;
  /** The names of its classes, composed (NFC). */
  labels: readonly string[];
  side?: Side | undefined;
  group?: string | undefined;
}

/**
 * What each row says.
 * @param multiLabel whether a row may name several classes or none; where it is undefined, several are taken to be
 *   meant where a row has them
 * @throws ThawError ERR_DATA_LISTING, naming the line and the value
 */
export function listingRows(
  table: ListingTable,
  columns: Columns,
  multiLabel: boolean | undefined,
): { rows: Row[]; multiLabel: boolean } {
  const { file } = table;
  const oneHot = Array.isArray(columns.label);
  const rows = table.rows.map(
    (row): Row => ({
      line: row.line,
      path: pathOf(file, row, columns.path),
      labels: labelsOf(file, row, columns.label, multiLabel !== false),
      side: sideOf(file, row, columns.split),
      group: groupOf(file, row, columns.group),
    }),
  );
  // A row of zeros says that there is no class; an empty cell might have been forgotten.
  const several =
    multiLabel ?? rows.some(({ labels }) => labels.length > 1 || (oneHot && labels.length === 0));
  for (const { line, labels } of rows) {
    if (labels.length === 1 || (several && (labels.length > 0 || oneHot || multiLabel))) continue;
    const problem =
      labels.length > 0
        ? `${labels.length} classes (${shortened(labels.join(', '))}) where an image has one`
        : `the label is missing; name its class, or remove the row${several ? ' (or give multiLabel: true, where an image may be of no class)' : ''}`;
    throw listingProblem(file, line, problem);
  }
  return { rows, multiLabel: several };
}

function pathOf(file: string, { line, values }: TableRow, column: number): string {
  const value = values[column];
  if (typeof value === 'string' && value !== '') return value;
  const missing = value === undefined || value === null || value === '';
  throw listingProblem(
    file,
    line,
    missing
      ? 'the path is missing; name the file, or remove the row'
      : `expected a path but received ${describe(value)}`,
  );
}

function labelsOf(
  file: string,
  { line, values }: TableRow,
  column: Columns['label'],
  separate: boolean,
): string[] {
  if (typeof column !== 'number') {
    return column.flatMap(({ index, name }) => {
      const value = bit(values[index]);
      if (value !== undefined) return value === 1 ? [name.normalize('NFC')] : [];
      throw listingProblem(
        file,
        line,
        `expected 0 or 1 for '${shortened(name)}' but received ${describe(values[index])}; each column is a class, as none is named label`,
      );
    });
  }
  const value = values[column];
  const parts = Array.isArray(value) ? value : [value];
  const names = parts.flatMap((part) => {
    if (part === undefined || part === null) return [];
    if (!['string', 'number', 'boolean'].includes(typeof part)) {
      throw listingProblem(file, line, `expected a class name for the label but received ${describe(part)}`);
    }
    const text = String(part);
    return (separate && !Array.isArray(value) ? text.split('|') : [text]).map((name) => name.trim());
  });
  return [...new Set(names.filter((name) => name !== '').map((name) => name.normalize('NFC')))];
}

function sideOf(file: string, { line, values }: TableRow, column: number | undefined): Side | undefined {
  if (column === undefined) return undefined;
  const value = values[column];
  const side = typeof value === 'string' ? sideNamed(value) : undefined;
  if (side) return side;
  throw listingProblem(
    file,
    line,
    `expected train, val (valid, validation) or test in the column split but received ${describe(value)}`,
  );
}

function groupOf(file: string, { line, values }: TableRow, column: number | undefined): string | undefined {
  if (column === undefined) return undefined;
  const value = values[column];
  if ((typeof value === 'string' && value !== '') || typeof value === 'number') return String(value);
  throw listingProblem(file, line, `the group is missing: received ${describe(value)}`);
}
