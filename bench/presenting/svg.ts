import { escapeHtml } from '../../lib/report/html.ts';
import { bars } from './bars.ts';
import type { Chart } from './chart.ts';
import { lines } from './lines.ts';
import { WIDTH } from './panel.ts';

const TITLE_HEIGHT = 34;
const GAP = 26;
const FOOT = 30;

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

/** The charts below each other as one SVG file, without any other file; it follows the reader's light or dark. */
export function picture(charts: readonly Chart[], foot: string): string {
  let y = 10;
  const parts: string[] = [];
  for (const chart of charts) {
    const { height, marks } = chart.kind === 'bars' ? bars(chart) : lines(chart);
    const scale = chart.kind === 'bars' ? `${chart.unit}, logarithmic` : 'both axes logarithmic';
    const title =
      `<text class="title" x="16" y="20">${escapeHtml(chart.title)}</text>` +
      `<text class="faint" x="${WIDTH - 16}" y="20" text-anchor="end">${escapeHtml(scale)}</text>`;
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
<rect class="page" width="${WIDTH}" height="${height}"/>
${parts.join('\n')}
</svg>
`;
}
