import { ThawError } from '../errors.ts';
import { closest, shortened } from '../validate.ts';
import type { ListingTable } from './listing-table.ts';
import { listingProblem } from './listing-table.ts';

/** Which column of a listing holds what. */
export interface Columns {
  path: number;
  /** The column of the label, or those of classes with 0 and 1. */
  label: number | { index: number; name: string }[];
  split?: number | undefined;
  group?: number | undefined;
}

export interface ColumnOptions {
  pathColumn?: string | undefined;
  labelColumn?: string | undefined;
  /** A column's name, or a pattern, which names none. */
  groupBy?: string | RegExp | undefined;
}

const usual = {
  path: [
    'path',
    'filepath',
    'filename',
    'file',
    'image',
    'imagepath',
    'imagename',
    'imageid',
    'img',
    'imgpath',
  ],
  label: ['label', 'labels', 'class', 'classname', 'category', 'target'],
  split: ['split'],
} as const;

/** @throws ThawError ERR_DATA_LISTING where a column is missing, or more than one may be meant */
export function listingColumns(table: ListingTable, options: ColumnOptions): Columns {
  const path = column(table, 'path', options.pathColumn);
  if (path === undefined) throw missing(table, 'path');
  const split = column(table, 'split', undefined);
  const group = groupColumn(table, options.groupBy);
  const found = { path, split, group };
  const label = column(table, 'label', options.labelColumn);
  if (label !== undefined) return { ...found, label };
  const others = table.columns.flatMap((name, index) =>
    name === '' || [path, split, group].includes(index) ? [] : [{ index, name }],
  );
  const [first] = table.rows;
  if (others.length < 2 || !first || !others.every(({ index }) => bit(first.values[index]) !== undefined)) {
    throw missing(table, 'label');
  }
  return { ...found, label: others };
}

/** A pattern has its group in parentheses; whatever else is text names a column. */
function groupColumn({ file, columns }: ListingTable, groupBy: ColumnOptions['groupBy']): number | undefined {
  if (typeof groupBy !== 'string') return undefined;
  const index = columns.indexOf(groupBy);
  if (index >= 0) return index;
  return groupBy.includes('(') ? undefined : named(file, columns, groupBy);
}

/** 0 or 1 as text, number or truth value; undefined for anything else. */
export function bit(value: unknown): 0 | 1 | undefined {
  if (value === true || value === 1) return 1;
  if (value === false || value === 0) return 0;
  if (typeof value !== 'string') return undefined;
  if (/^(1(\.0*)?|true)$/i.test(value)) return 1;
  return /^(0(\.0*)?|false)$/i.test(value) ? 0 : undefined;
}

function column(
  { file, columns }: ListingTable,
  what: keyof typeof usual,
  wanted: string | undefined,
): number | undefined {
  if (wanted !== undefined) return named(file, columns, wanted);
  const names: readonly string[] = usual[what];
  const found = columns.flatMap((name, index) => (names.includes(bare(name)) ? [index] : []));
  if (found.length < 2) return found[0];
  const candidates = found.map((index) => `'${columns[index]}'`).join(' and ');
  const mend =
    what === 'split'
      ? 'rename one of them'
      : `say with ${what}Column which of them holds the ${what === 'path' ? 'paths' : 'labels'}`;
  throw listingProblem(file, 1, `the header has ${candidates}; ${mend}`);
}

/** @throws ThawError ERR_DATA_LISTING for a name that is none */
function named(file: string, columns: readonly string[], wanted: string): number {
  const index = columns.indexOf(wanted);
  if (index >= 0) return index;
  const nearest = closest(wanted, columns);
  throw new ThawError(
    'ERR_DATA_LISTING',
    `${file} has no column '${shortened(wanted)}'${nearest ? `; did you mean '${nearest}'?` : ` (there are ${reads(columns)}).`}`,
  );
}

/** `Image Path`, `image_path` and `imagePath` are one name. */
function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_-]/g, '');
}

function missing({ file, lacks, columns }: ListingTable, what: 'path' | 'label'): ThawError {
  const otherwise = what === 'label' ? ', nor is every other one of 0 and 1 for a class' : '';
  return listingProblem(
    file,
    1,
    `${lacks} '${what}' (${reads(columns)})${otherwise}; call it so, or say with ${what}Column which it is`,
  );
}

function reads(columns: readonly string[]): string {
  return shortened(columns.slice(0, 20).join(','), 200) || 'it is empty';
}
