import type { ReportEvaluation } from './data.ts';
import { countText, escapeHtml, percentText } from './html.ts';

/** Beyond this many classes the cells carry no numbers, only their colour and a tooltip. */
const mostNumbered = 24;
/** Beyond this many a table would be megabytes; the commonest confusions stand alone then. */
const mostDrawn = 120;

/** The confusion matrix as a heat table: a row is a true class, its cells shares of that row. */
export function confusionTable({ confusionMatrix, perClass }: ReportEvaluation): string {
  const labels = perClass.map(({ label }) => label);
  if (labels.length > mostDrawn) return '';
  const numbered = labels.length <= mostNumbered;
  const heading = labels
    .map((label) => `<th scope="col"><span title="${escapeHtml(label)}">${escapeHtml(label)}</span></th>`)
    .join('');
  const rows = confusionMatrix.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    const cells = row
      .map((count, j) => cell(count, total, labels[i] ?? '', labels[j] ?? '', i === j, numbered))
      .join('');
    return `<tr><th scope="row" title="${escapeHtml(labels[i] ?? '')}">${escapeHtml(labels[i] ?? '')}</th>${cells}<td class="total">${countText(total)}</td></tr>`;
  });
  return `<div class="scroll"><table class="confusion${numbered ? '' : ' dense'}">
<caption>rows: what the images show; columns: what they were taken for</caption>
<thead><tr><td></td>${heading}<th scope="col"><span>images</span></th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

/** The pairs most often mistaken for one another, most first. */
export function commonestConfusions({ confusionMatrix, perClass }: ReportEvaluation, most = 8): string {
  const pairs = confusionMatrix
    .flatMap((row, i) =>
      row.map((count, j) => ({
        count,
        i,
        j,
        share:
          count /
          Math.max(
            1,
            row.reduce((sum, value) => sum + value, 0),
          ),
      })),
    )
    .filter(({ count, i, j }) => i !== j && count > 0)
    .sort((a, b) => b.count - a.count || b.share - a.share)
    .slice(0, most);
  if (pairs.length === 0) return '<p>No image was taken for one of another class.</p>';
  const items = pairs.map(
    ({ count, i, j, share }) =>
      `<li><b>${escapeHtml(perClass[i]?.label ?? '')}</b> taken for <b>${escapeHtml(perClass[j]?.label ?? '')}</b>: ${countText(count)} (${percentText(share)})</li>`,
  );
  return `<h3>Commonest confusions</h3><ol>${items.join('')}</ol>`;
}

function cell(
  count: number,
  total: number,
  from: string,
  to: string,
  right: boolean,
  numbered: boolean,
): string {
  const share = total > 0 ? count / total : 0;
  const title = `${from} taken for ${to}: ${countText(count)} (${percentText(share)})`;
  const heat = count === 0 ? '' : ` style="--heat:${Math.round(share * 100)}%"`;
  const strong = share > 0.5 ? ' strong' : '';
  return `<td class="${right ? 'right' : 'wrong'}${count === 0 ? ' none' : strong}"${heat} title="${escapeHtml(title)}">${numbered ? (count === 0 ? '·' : countText(count)) : ''}</td>`;
}
