import { escapeHtml } from '../../lib/report/html.ts';
import { bars } from './bars.ts';
import type { Chart } from './chart.ts';
import { lines } from './lines.ts';
import { WIDTH } from './panel.ts';

const TITLE_HEIGHT = 34;
const GAP = 26;
const FOOT = 30;

const STYLE = `
svg { --page: #ffffff; --ink: #1b2430; --faint: #5d6b7c; --line: #e0e5eb; --own: #2563c9; --other: #a9b6c6;
  --c0: #2563c9; --c1: #c2570c; --c2: #1f8f5f; --c3: #8a4fc4; --c4: #b83280; background: var(--page); }
@media (prefers-color-scheme: dark) { svg { --page: #11161d; --ink: #e6ebf2; --faint: #98a6b8; --line: #2c3643;
  --own: #6aa5ff; --other: #4c5a6b; --c0: #6aa5ff; --c1: #f59a4c; --c2: #3fb884; --c3: #b794f4; --c4: #f687b3; } }
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title { font-size: 15px; font-weight: 600; }
.group { font-weight: 600; }
.faint { fill: var(--faint); }
.grid { stroke: var(--line); }
.bar { fill: var(--other); } .bar.own { fill: var(--own); }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
`;

/** The charts below each other as one SVG file, without any other file; it follows the reader's light or dark. */
export function picture(charts: readonly Chart[], foot: string): string {
  let y = 10;
  const parts: string[] = [];
  for (const chart of charts) {
    const { height, marks } = chart.kind === 'bars' ? bars(chart) : lines(chart);
    const title = `<text class="title" x="16" y="20">${escapeHtml(chart.title)}</text>`;
    parts.push(
      `<g transform="translate(0 ${y})">${title}<g transform="translate(0 ${TITLE_HEIGHT})">${marks}</g></g>`,
    );
    y += TITLE_HEIGHT + height + GAP;
  }
  const height = y + FOOT - GAP;
  parts.push(`<text class="faint" x="16" y="${height - 10}">${escapeHtml(foot)}</text>`);
  const label = escapeHtml(charts.map(({ title }) => title).join('; '));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${label}">
<style>${STYLE}</style>
<rect width="${WIDTH}" height="${height}" fill="var(--page)"/>
${parts.join('\n')}
</svg>
`;
}
