import type { ReportData, ReportEvaluation } from './data.ts';
import { countText, escapeHtml, numberText, percentText } from './html.ts';

/** Precision, recall, F1 and, where it was measured, average precision of each class, each with a bar. */
export function scoreTable({ perClass }: ReportEvaluation): string {
  const averaged = perClass.some(({ averagePrecision }) => averagePrecision !== undefined);
  const rows = perClass.map(({ label, precision, recall, f1, averagePrecision, support }) => {
    const scores = [precision, recall, f1, ...(averaged ? [averagePrecision ?? Number.NaN] : [])];
    return `<tr><th scope="row" title="${escapeHtml(label)}">${escapeHtml(label)}</th>${scores.map(score).join('')}<td class="number">${countText(support)}</td></tr>`;
  });
  const columns = ['class', 'precision', 'recall', 'F1', ...(averaged ? ['average precision'] : [])];
  return `<div class="scroll"><table class="scores">
<thead><tr>${columns.map((name) => `<th scope="col">${name}</th>`).join('')}<th scope="col" class="number">images</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function score(share: number): string {
  const filled = Number.isFinite(share) ? Math.round(share * 1000) / 10 : 0;
  return `<td class="score"><span class="bar"><i style="width:${filled}%"></i></span>${percentText(share)}</td>`;
}

/** Every epoch's numbers, folded away: the curves tell the same. */
export function epochTable({ history }: ReportData): string {
  const validated = history.valLoss.length > 0;
  const heading = [
    'epoch',
    'loss',
    'accuracy',
    ...(validated ? ['val loss', 'val accuracy'] : []),
    'images/s',
    'seconds',
  ];
  const rows = history.loss.map((loss, i) => {
    const cells = [
      String(i + 1),
      numberText(loss),
      percentText(history.accuracy[i] ?? Number.NaN),
      ...(validated
        ? [numberText(history.valLoss[i] ?? Number.NaN), percentText(history.valAccuracy[i] ?? Number.NaN)]
        : []),
      countText(Math.round(history.imagesPerSecond[i] ?? 0)),
      (history.epochSeconds[i] ?? Number.NaN).toFixed(1),
    ];
    return `<tr>${cells.map((text) => `<td class="number">${text}</td>`).join('')}</tr>`;
  });
  return `<details><summary>All epochs in numbers</summary><div class="scroll"><table>
<thead><tr>${heading.map((text) => `<th scope="col" class="number">${text}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details>`;
}

/** The run's options as a two-column list. */
export function settings({ config }: ReportData): string {
  const items = Object.entries(config).map(
    ([name, value]) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(String(value))}</dd></div>`,
  );
  return `<dl class="settings">${items.join('')}</dl>`;
}

/** Images that could not be read; the first hundred, the rest in quarantine.json. */
export function skippedTable({ skipped }: ReportData): string {
  if (skipped.length === 0) return '';
  const most = 100;
  const rows = skipped
    .slice(0, most)
    .map(
      ({ name, code, reason }) =>
        `<tr><td class="path">${escapeHtml(name)}</td><td>${escapeHtml(reason)}</td><td><code>${escapeHtml(code)}</code></td></tr>`,
    );
  const rest =
    skipped.length > most ? `<p>and ${countText(skipped.length - most)} more, in quarantine.json.</p>` : '';
  return `<section><h2>Images left out</h2><p>${countText(skipped.length)} could not be read.</p>
<div class="scroll"><table><thead><tr><th scope="col">file</th><th scope="col">reason</th><th scope="col">code</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>${rest}</section>`;
}
