import { type CsvError, parse } from 'csv-parse/sync';
import { ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { shortened } from '../validate.ts';

/** One listed image; `line` counts from 1. */
export interface Row {
  path: string;
  label: string;
  line: number;
}

/**
 * The rows of a listing.
 * @param file for messages
 * @param extension `.csv`, `.jsonl` or `.ndjson`
 * @throws ThawError ERR_DATA_LISTING, naming the line
 */
export function parseListing(file: string, extension: string, text: string): Row[] {
  if (extension === '.csv') return csvRows(file, text);
  if (extension === '.jsonl' || extension === '.ndjson') return jsonRows(file, text);
  throw new ThawError(
    'ERR_DATA_LISTING',
    `${file} is neither a folder of class folders nor a listing; a listing ends in .csv, .jsonl or .ndjson.`,
  );
}

function csvRows(file: string, text: string): Row[] {
  let records: { record: string[]; info: { lines: number } }[];
  try {
    records = parse(text, { bom: true, info: true, trim: true, skip_empty_lines: true }) as never;
  } catch (error) {
    const { lines, message } = error as CsvError & { lines?: number };
    throw problem(file, lines ?? 1, message.replace(/\.$/, ''));
  }
  const header = records[0]?.record ?? [];
  const path = header.indexOf('path');
  const label = header.indexOf('label');
  if (path < 0 || label < 0) {
    const missing = path < 0 ? 'path' : 'label';
    throw problem(
      file,
      1,
      `the header names no column '${missing}' (it reads ${shortened(header.slice(0, 20).join(','), 200) || 'nothing'})`,
    );
  }
  return records.slice(1).map(({ record, info }) => row(file, info.lines, record[path], record[label]));
}

function jsonRows(file: string, text: string): Row[] {
  const rows: Row[] = [];
  for (const [i, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    if (line.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      throw problem(file, i + 1, `this is not JSON (${reasonOf(error)})`);
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw problem(file, i + 1, 'expected an object with path and label');
    }
    const { path, label } = value as Record<string, unknown>;
    rows.push(row(file, i + 1, path, typeof label === 'number' ? String(label) : label));
  }
  return rows;
}

function row(file: string, line: number, path: unknown, label: unknown): Row {
  if (typeof path !== 'string' || path === '') throw problem(file, line, 'the path is missing');
  if (typeof label !== 'string' || label === '') throw problem(file, line, 'the label is missing');
  return { path, label, line };
}

function problem(file: string, line: number, what: string): ThawError {
  return new ThawError('ERR_DATA_LISTING', `${file}, line ${line}: ${what}.`);
}
