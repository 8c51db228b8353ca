import { type Unit, written } from './numbers.ts';

export type Row = Readonly<Record<string, string | number | undefined>>;

/** Which columns of a table are drawn: a bar a row, or lines through the rows of one group. */
export type Chart =
  | { readonly kind: 'bars'; readonly title: string; readonly value: string; readonly group?: string }
  | {
      readonly kind: 'lines';
      readonly title: string;
      readonly x: string;
      readonly lines: readonly string[];
      /** A column, and what it says in the rows that are drawn. */
      readonly where: readonly [column: string, value: string];
    };

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
