import { type CsvError, parse } from 'csv-parse/sync';
import { ThawError } from '../errors.ts';
import { describe } from '../validate.ts';
import { parseJsonLine } from './json-line.ts';

/** A listing as it is written, before anything is made of its columns. */
export interface ListingTable {
  file: string;
  /** How a message begins that a column is missing: `the header names no column`. */
  lacks: string;
  columns: readonly string[];
  rows: readonly TableRow[];
}

export interface TableRow {
  /** From 1. */
  line: number;
  /** In the order of the columns; undefined where a row does not have one. */
  values: readonly unknown[];
}

/**
 * @param file for messages
 * @param extension `.csv`, `.tsv`, `.tab`, `.jsonl` or `.ndjson`
 * @throws ThawError ERR_DATA_LISTING, naming the line
 */
export function parseListing(file: string, extension: string, text: string): ListingTable {
  if (['.csv', '.tsv', '.tab'].includes(extension)) return csvTable(file, text);
  if (['.jsonl', '.ndjson'].includes(extension)) return jsonTable(file, text);
  throw new ThawError(
    'ERR_DATA_LISTING',
    `${file} is neither a folder of class folders nor a listing; a listing ends in .csv, .tsv, .jsonl or .ndjson.`,
  );
}

function csvTable(file: string, text: string): ListingTable {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, {
      bom: true,
      delimiter: separator(text),
      info: true,
      trim: true,
      skip_empty_lines: true,
      skip_records_with_empty_values: true,
      relax_column_count: true,
    }) as never;
  } catch (error) {
    const { lines, message } = error as CsvError & { lines?: number };
    throw listingProblem(file, lines ?? 1, message.replace(/\.$/, ''));
  }
  const [header, ...rows] = records;
  const columns = header?.record ?? [];
  return {
    file,
    lacks: 'the header names no column',
    columns,
    rows: rows.map(({ record, info }) => {
      const extra = record.slice(columns.length);
      if (record.length < columns.length || extra.some((value) => value !== '')) {
        throw listingProblem(
          file,
          info.lines,
          `${record.length} values for the ${columns.length} columns of the header; put a value that holds a separator into quotes`,
        );
      }
      return { line: info.lines, values: record };
    }),
  };
}

/** The separator that the header has most of. */
function separator(text: string): string {
  const header = /^\uFEFF?\s*([^\r\n]*)/.exec(text)?.[1] ?? '';
  const bare = header.replaceAll(/"[^"]*"/g, '');
  const counts = [',', ';', '\t'].map((each) => ({ each, count: bare.split(each).length }));
  return counts.reduce((most, other) => (other.count > most.count ? other : most)).each;
}

function jsonTable(file: string, text: string): ListingTable {
  const columns = new Map<string, number>();
  const rows: TableRow[] = [];
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = parseJsonLine(line);
    } catch (error) {
      throw listingProblem(file, i + 1, `this is not JSON (${(error as Error).message})`);
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw listingProblem(
        file,
        i + 1,
        `expected an object such as {"path": "a.jpg", "label": "cat"} but received ${describe(value)}`,
      );
    }
    const values: unknown[] = [];
    for (const [name, item] of Object.entries(value)) {
      if (!columns.has(name)) columns.set(name, columns.size);
      values[columns.get(name) as number] = item;
    }
    rows.push({ line: i + 1, values });
  }
  return { file, lacks: 'no object has the key', columns: [...columns.keys()], rows };
}

/** What is wrong, and at which line. */
export function listingProblem(file: string, line: number, what: string): ThawError {
  return new ThawError('ERR_DATA_LISTING', `${file}, line ${line}: ${what}.`);
}
