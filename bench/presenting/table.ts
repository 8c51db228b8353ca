import { type Unit, written } from './numbers.ts';
import type { Chart } from './picture.ts';

export type Row = Readonly<Record<string, string | number | undefined>>;

/** What is printed, written and drawn. */
export interface Table {
  /** Titles, and how the numbers below them are written. */
  readonly columns: Readonly<Record<string, Unit>>;
  readonly rows: readonly Row[];
  /** Drawn below each other in one picture. */
  readonly charts?: readonly Chart[];
}

/** The table as text, its titles first. */
export function cells({ columns, rows }: Table): string[][] {
  const all = Object.entries(columns);
  return [Object.keys(columns), ...rows.map((row) => all.map(([title, unit]) => written(row[title], unit)))];
}

/** Lines with aligned columns: words to the left, numbers to the right. */
export function plain(table: Table): string {
  const lines = cells(table);
  const widths = Object.keys(table.columns).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  const units = Object.values(table.columns);
  const aligned = (cell: string, column: number) =>
    units[column] === 'words' ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
  const text = lines.map((line) => line.map(aligned).join('  ').trimEnd());
  text.splice(1, 0, '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2)));
  return text.join('\n');
}

/** The same for a document. */
export function markdown(table: Table): string {
  const [head = [], ...lines] = cells(table);
  const rule = Object.values(table.columns).map((unit) => (unit === 'words' ? '---' : '---:'));
  return [head, rule, ...lines].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
