import { type Unit, written } from './numbers.ts';

export type Row = Readonly<Record<string, string | number | undefined>>;

/** What is printed and written. */
export interface Table {
  /** Titles, and how the numbers below them are written. */
  readonly columns: Readonly<Record<string, Unit>>;
  readonly rows: readonly Row[];
}

/** The table as text, its titles first. */
export function cells({ columns, rows }: Table): string[][] {
  const all = Object.entries(columns);
  return [Object.keys(columns), ...rows.map((row) => all.map(([title, unit]) => written(row[title], unit)))];
}

/** For a terminal and for a document: words to the left, numbers to the right. */
export function markdown(table: Table): string {
  const [head = [], ...lines] = cells(table);
  const units = Object.values(table.columns);
  const widths = head.map((_, i) => Math.max(4, ...[head, ...lines].map((line) => line[i]?.length ?? 0)));
  const aligned = (cell: string, i: number) =>
    units[i] === 'words' ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0);
  const rule = widths.map((width, i) =>
    units[i] === 'words' ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [head, rule, ...lines].map((line) => `| ${line.map(aligned).join(' | ')} |`).join('\n');
}
