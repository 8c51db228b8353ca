import { escapeHtml, numberText } from './html.ts';
import { epochTicks, ticks } from './scale.ts';

export interface Curve {
  label: string;
  /** A class of the page's style sheet that gives the colour. */
  style: 'training' | 'validation';
  /** One value an epoch. */
  values: readonly number[];
}

export interface Chart {
  title: string;
  curves: readonly Curve[];
  format: (value: number) => string;
  /** Fixed ends of the vertical axis; otherwise the values decide. */
  range?: readonly [number, number];
  /** Counted from 0: drawn as a vertical mark. */
  bestEpoch?: number;
}

const width = 560;
const height = 300;
const left = 56;
const right = 16;
const top = 16;
const bottom = 40;

/** A line chart over epochs as inline SVG; every point has its value as a tooltip. */
export function chart({ title, curves, format, range, bestEpoch }: Chart): string {
  const shown = curves.filter(({ values }) => values.some(Number.isFinite));
  const all = shown.flatMap(({ values }) => values.filter(Number.isFinite));
  if (all.length === 0) return '';
  const epochs = Math.max(...shown.map(({ values }) => values.length));
  const marks = ticks(...(range ?? [Math.min(0, ...all), Math.max(...all)]), 5);
  const [low, high] = [marks[0] ?? 0, marks.at(-1) ?? 1];
  const x = (epoch: number) =>
    left + (width - left - right) * (epochs === 1 ? 0.5 : (epoch - 1) / (epochs - 1));
  const y = (value: number) => top + (height - top - bottom) * (1 - (value - low) / (high - low));

  const grid = marks.map(
    (mark) =>
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${at(y(mark))}" y2="${at(y(mark))}"/>` +
      `<text class="tick" x="${left - 8}" y="${at(y(mark) + 4)}" text-anchor="end">${format(mark)}</text>`,
  );
  const axis = epochTicks(epochs, 10).map(
    (epoch) =>
      `<text class="tick" x="${at(x(epoch))}" y="${height - bottom + 18}" text-anchor="middle">${epoch}</text>`,
  );
  const best =
    bestEpoch === undefined || bestEpoch >= epochs
      ? ''
      : `<line class="best" x1="${at(x(bestEpoch + 1))}" x2="${at(x(bestEpoch + 1))}" y1="${top}" y2="${height - bottom}"><title>best epoch: ${bestEpoch + 1}</title></line>`;
  const lines = shown.map((curve) => line(curve, x, y, format));
  const legend = shown.map(
    ({ label, style, values }) =>
      `<span class="key ${style}"><svg width="22" height="10" aria-hidden="true"><line x1="0" x2="22" y1="5" y2="5"/></svg>${escapeHtml(label)} <b>${format(values.at(-1) ?? Number.NaN)}</b></span>`,
  );
  return `<figure class="chart"><figcaption><h3>${escapeHtml(title)}</h3><span>${legend.join('')}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(title)} over ${epochs} epochs">
${grid.join('')}${axis.join('')}<text class="tick" x="${at((left + width - right) / 2)}" y="${height - 4}" text-anchor="middle">epoch</text>
${best}${lines.join('\n')}
</svg></figure>`;
}

/** Gaps where a value is not a number (a diverged loss) interrupt the line. */
function line(
  { label, style, values }: Curve,
  x: (epoch: number) => number,
  y: (value: number) => number,
  format: (value: number) => string,
): string {
  let path = '';
  let points = '';
  let drawing = false;
  const radius = values.length > 40 ? 1.5 : 3;
  for (const [i, value] of values.entries()) {
    if (!Number.isFinite(value)) {
      drawing = false;
      continue;
    }
    path += `${drawing ? 'L' : 'M'}${at(x(i + 1))} ${at(y(value))}`;
    points += `<circle cx="${at(x(i + 1))}" cy="${at(y(value))}" r="${radius}"><title>${escapeHtml(label)}, epoch ${i + 1}: ${format(value)} (${numberText(value)})</title></circle>`;
    drawing = true;
  }
  return `<g class="curve ${style}"><path d="${path}"/>${points}</g>`;
}

function at(coordinate: number): string {
  return String(Math.round(coordinate * 10) / 10);
}
