import { escapeHtml } from '../../lib/report/html.ts';
import { logAxis } from './axis.ts';
import type { BarChart } from './chart.ts';
import { short } from './numbers.ts';
import { at, type Panel, WIDTH } from './panel.ts';

const LEFT = 196;
/** Room for the value and its note beside the longest bar. */
const RIGHT = 150;
const BAR = 16;
const STEP = 22;
const GROUP = 24;

export function bars({ unit, groups }: BarChart): Panel {
  const axis = logAxis(groups.flatMap((group) => group.bars.map(({ value }) => value)));
  const x = (value: number) => LEFT + (WIDTH - LEFT - RIGHT) * axis.position(value);
  const shown: string[] = [];
  let y = 0;
  for (const group of groups) {
    shown.push(`<text class="group" x="16" y="${y + 14}">${escapeHtml(group.title)}</text>`);
    y += GROUP;
    for (const { label, value, note } of group.bars) {
      const end = x(value);
      const style = label === 'thaw' ? 'own' : 'other';
      const beside = `${short(value)} ${unit}${note === undefined ? '' : ` · ${note}`}`;
      shown.push(
        `<text x="${LEFT - 10}" y="${y + 12}" text-anchor="end">${escapeHtml(label)}</text>` +
          `<rect class="bar ${style}" x="${LEFT}" y="${y}" width="${at(Math.max(1, end - LEFT))}" height="${BAR}" rx="2"/>` +
          `<text class="faint" x="${at(Math.max(LEFT, end) + 6)}" y="${y + 12}">${escapeHtml(beside)}</text>`,
      );
      y += STEP;
    }
    y += 6;
  }
  const grid = axis.marks.map(
    (mark) =>
      `<line class="grid" x1="${at(x(mark))}" x2="${at(x(mark))}" y1="0" y2="${y}"/>` +
      `<text class="faint" x="${at(x(mark))}" y="${y + 14}" text-anchor="middle">${short(mark)}</text>`,
  );
  return { height: y + 18, marks: [...grid, ...shown].join('\n') };
}
