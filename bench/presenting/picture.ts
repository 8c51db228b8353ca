import { escapeHtml } from '../../lib/report/html.ts';
import { logAxis } from './axis.ts';
import { short } from './numbers.ts';
import type { Chart, Row, Table } from './table.ts';

const WIDTH = 760;
const LEFT = 196;
const RIGHT = 190;
const BAR = 22;
const PLOT = 240;

// Plain colours and no variables: viewers that are no browsers read the first block.
const STYLE = `
text { font: 12px system-ui, sans-serif; fill: #1b2430; }
.page { fill: #ffffff; }
.title { font-size: 15px; font-weight: 600; }
.group { font-weight: 600; }
.faint { fill: #5d6b7c; }
.grid { stroke: #e0e5eb; }
.other { fill: #a9b6c6; }
.own, .c0 { fill: #2563c9; } .c1 { fill: #c2570c; } .c2 { fill: #1f8f5f; } .c3 { fill: #8a4fc4; }
path { stroke-width: 2.2; stroke-linejoin: round; }
path.c0 { fill: none; stroke: #2563c9; } path.c1 { fill: none; stroke: #c2570c; }
path.c2 { fill: none; stroke: #1f8f5f; } path.c3 { fill: none; stroke: #8a4fc4; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6ebf2; }
  .page { fill: #11161d; }
  .faint { fill: #98a6b8; }
  .grid { stroke: #2c3643; }
  .other { fill: #4c5a6b; }
}
`;

/** The table's charts as one SVG file, without any other file; it follows the reader's light or dark. */
export function picture(table: Table, foot: string): string {
  let y = 10;
  const charts = table.charts ?? [];
  const parts = charts.map((chart) => {
    const [height, marks] = chart.kind === 'bars' ? bars(table, chart) : lines(table, chart);
    const part = `<g transform="translate(0 ${y})">${text(16, 20, chart.title, 'title')}<g transform="translate(0 34)">${marks.join('\n')}</g></g>`;
    y += height + 60;
    return part;
  });
  const label = escapeHtml(charts.map(({ title }) => title).join('; '));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 4}" width="${WIDTH}" height="${y + 4}" role="img" aria-label="${label}">
<style>${STYLE}</style>
<rect class="page" width="${WIDTH}" height="${y + 4}"/>
${parts.join('\n')}
${text(16, y - 6, `${foot} · logarithmic axes`, 'faint')}
</svg>
`;
}

type Panel = [height: number, marks: string[]];
type Of<Kind> = Extract<Chart, { kind: Kind }>;

function bars({ columns, rows }: Table, { value, group }: Of<'bars'>): Panel {
  const shown = rows.filter((row) => Number.isFinite(row[value]));
  const axis = logAxis(numbers(shown, value));
  const x = (of: number) => LEFT + (WIDTH - LEFT - RIGHT) * axis.position(of);
  const marks: string[] = [];
  let y = 0;
  let above: unknown;
  for (const row of shown) {
    if (group !== undefined && row[group] !== above) {
      above = row[group];
      marks.push(text(16, y + 18, String(above), 'group'));
      y += 28;
    }
    const end = x(row[value] as number);
    const name = String(row.system);
    const style = name.startsWith('thaw') ? 'own' : 'other';
    marks.push(
      text(LEFT - 10, y + 12, name, '', 'end'),
      `<rect class="bar ${style}" x="${LEFT}" y="${y}" width="${at(Math.max(1, end - LEFT))}" height="${BAR - 6}" rx="2"/>`,
      text(Math.max(LEFT, end) + 6, y + 12, `${short(row[value] as number)} ${columns[value]}`, 'faint'),
    );
    y += BAR;
  }
  const grid = axis.marks.map((mark) => upright(x(mark), y, short(mark)));
  return [y + 18, [...grid, ...marks]];
}

function lines({ columns, rows }: Table, { x, lines, where }: Of<'lines'>): Panel {
  const shown = rows.filter((row) => row[where[0]] === where[1]);
  const [left, right] = [80, WIDTH - RIGHT];
  const across = logAxis(numbers(shown, x));
  const up = logAxis(lines.flatMap((line) => numbers(shown, line)));
  const px = (value: number) => left + (right - left) * across.position(value);
  const py = (value: number) => PLOT * (1 - up.position(value));
  const grid = [
    ...up.marks.map((mark) => {
      const label = `${short(mark)} ${columns[lines[0] ?? '']}`;
      const line = `<line class="grid" x1="${left}" x2="${right}" y1="${at(py(mark))}" y2="${at(py(mark))}"/>`;
      return line + text(left - 8, py(mark) + 4, label, 'faint', 'end');
    }),
    ...across.marks.map((mark) => upright(px(mark), PLOT, short(mark))),
    text((left + right) / 2, PLOT + 34, x, 'faint', 'middle'),
  ];
  const drawn = lines.map((line, i) => {
    const points = numbers(shown, line).map(
      (value, j) => [px(numbers(shown, x)[j] ?? 1), py(value)] as const,
    );
    const path = points.map(([a, b], j) => `${j === 0 ? 'M' : 'L'}${at(a)} ${at(b)}`).join('');
    const dots = points.map(([a, b]) => `<circle class="c${i % 4}" cx="${at(a)}" cy="${at(b)}" r="3"/>`);
    return `<path class="c${i % 4}" d="${path}"/>${dots.join('')}${text(right + 12, 14 + 20 * i, line, `c${i % 4}`)}`;
  });
  return [PLOT + 44, [...grid, ...drawn]];
}

function numbers(rows: readonly Row[], column: string): number[] {
  return rows.map((row) => Number(row[column]));
}

function upright(x: number, height: number, label: string): string {
  const line = `<line class="grid" x1="${at(x)}" x2="${at(x)}" y1="0" y2="${height}"/>`;
  return line + text(x, height + 16, label, 'faint', 'middle');
}

function text(x: number, y: number, content: string, style: string, anchor = 'start'): string {
  return `<text class="${style}" x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escapeHtml(content)}</text>`;
}

/** One decimal of a pixel is enough. */
function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}
