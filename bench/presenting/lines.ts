import { escapeHtml } from '../../lib/report/html.ts';
import { logAxis } from './axis.ts';
import type { LineChart } from './chart.ts';
import { short } from './numbers.ts';
import { at, type Panel, WIDTH } from './panel.ts';

const LEFT = 70;
const RIGHT = 190;
const HEIGHT = 240;

export function lines({ xTitle, unit, lines }: LineChart): Panel {
  const points = lines.flatMap((line) => line.points);
  const across = logAxis(points.map(([x]) => x));
  const up = logAxis(points.map(([, y]) => y));
  const x = (value: number) => LEFT + (WIDTH - LEFT - RIGHT) * across.position(value);
  const y = (value: number) => HEIGHT * (1 - up.position(value));
  const grid = [
    ...up.marks.map(
      (mark) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(mark))}" y2="${at(y(mark))}"/>` +
        `<text class="faint" x="${LEFT - 8}" y="${at(y(mark) + 4)}" text-anchor="end">${short(mark)} ${unit}</text>`,
    ),
    ...across.marks.map(
      (mark) =>
        `<line class="grid" x1="${at(x(mark))}" x2="${at(x(mark))}" y1="0" y2="${HEIGHT}"/>` +
        `<text class="faint" x="${at(x(mark))}" y="${HEIGHT + 18}" text-anchor="middle">${short(mark)}</text>`,
    ),
    `<text class="faint" x="${at((LEFT + WIDTH - RIGHT) / 2)}" y="${HEIGHT + 36}" text-anchor="middle">${escapeHtml(xTitle)}</text>`,
  ];
  const drawn = lines.map(({ label, points: own }, i) => {
    const colour = `c${i % 4}`;
    const path = own.map(([px, py], j) => `${j === 0 ? 'M' : 'L'}${at(x(px))} ${at(y(py))}`).join('');
    const dots = own.map(
      ([px, py]) =>
        `<circle class="${colour}" cx="${at(x(px))}" cy="${at(y(py))}" r="3"><title>${escapeHtml(label)}, ${short(px)}: ${short(py)} ${unit}</title></circle>`,
    );
    const key = `<text x="${WIDTH - RIGHT + 12}" y="${14 + 20 * i}" class="${colour}">${escapeHtml(label)}</text>`;
    return `<path class="${colour}" d="${path}"/>${dots.join('')}${key}`;
  });
  return { height: HEIGHT + 44, marks: [...grid, ...drawn].join('\n') };
}
