import { ThawError } from '../errors.ts';
import { shortened } from '../validate.ts';
import type { Notes } from './left-out.ts';
import type { Row } from './listing-rows.ts';

export interface FoundRow extends Row {
  /** The file that it means. */
  file: string;
  /** Which file that is through its links, as realFiles tells it. */
  real: string;
}

/**
 * Keeps one row a file, so that no image can be on both sides of a split; in a multi-label listing it has the classes
 * of all its rows, elsewhere all have to name the same class.
 * @throws ThawError ERR_DATA_LISTING, naming both rows, where they contradict each other
 */
export function withoutRepetitions(
  listing: string,
  rows: readonly FoundRow[],
  multiLabel: boolean,
  notes: Notes,
): FoundRow[] {
  const first = new Map<string, FoundRow>();
  let repeated = 0;
  for (const row of rows) {
    const known = first.get(row.file);
    if (!known) {
      first.set(row.file, row);
      continue;
    }
    repeated++;
    if (known.side !== row.side) throw contradiction(listing, known, row, 'say both', [known.side, row.side]);
    const labels = [...new Set([...known.labels, ...row.labels])];
    if (!multiLabel && labels.length > 1)
      throw contradiction(listing, known, row, 'give the classes', labels);
    first.set(row.file, { ...known, labels });
  }
  if (repeated > 0) {
    const how = multiLabel ? 'each file has the classes of all its rows' : 'each file is taken once';
    notes.say(`${listing}: ${repeated} ${repeated === 1 ? 'row repeats' : 'rows repeat'} a file; ${how}.`);
  }
  return withoutOtherNames([...first.values()], multiLabel, notes);
}

/** Of the rows that mean one file under several names and say the same of it, the first. */
function withoutOtherNames(rows: readonly FoundRow[], multiLabel: boolean, notes: Notes): FoundRow[] {
  const first = new Map<string, FoundRow>();
  for (const row of rows) {
    const key = JSON.stringify([row.real, row.side, multiLabel || row.labels]);
    const known = first.get(key);
    if (known) notes.leaveOut('same', 'file', row.path);
    first.set(key, known ? { ...known, labels: [...new Set([...known.labels, ...row.labels])] } : row);
  }
  return [...first.values()];
}

function contradiction(
  listing: string,
  known: FoundRow,
  row: FoundRow,
  what: string,
  values: readonly (string | undefined)[],
): ThawError {
  const both = values.map((value) => `'${shortened(value ?? '')}'`).join(' and ');
  return new ThawError(
    'ERR_DATA_LISTING',
    `${listing}, lines ${known.line} and ${row.line}: they ${what} ${both} for ${row.path}; remove one of them.`,
  );
}
