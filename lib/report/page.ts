import { tellingMetrics } from '../options/metrics.ts';
import { commonestConfusions, confusionTable } from './confusion.ts';
import { chart } from './curves.ts';
import type { ReportData } from './data.ts';
import { countText, durationText, escapeHtml, numberText, percentText } from './html.ts';
import { style } from './style.ts';
import { epochTable, scoreTable, settings, skippedTable } from './tables.ts';

/**
 * The report of a run as one HTML page: no scripts, nothing fetched, so that it opens from a mail as it does
 * from disk.
 */
export function reportPage(data: ReportData): string {
  const names = data.classes.slice(0, 6).join(', ') + (data.classes.length > 6 ? ', ...' : '');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Training report: ${escapeHtml(names)}</title>
<style>${style}</style>
</head>
<body>
<main>
<header><p class="kind">Training report</p><h1>${escapeHtml(names)}</h1><p>${introduction(data)}</p></header>
${tiles(data)}
<section><h2>Training</h2>${charts(data)}${epochTable(data)}</section>
${validation(data)}
<section><h2>Settings</h2>${settings(data)}</section>
${proved(data)}
${skippedTable(data)}
<footer>thaw ${escapeHtml(data.version)}. history.json has these curves as numbers, config.json the settings to run again.</footer>
</main>
</body>
</html>
`;
}

function introduction(data: ReportData): string {
  const { history, bestEpoch, stoppedEarly, parameters } = data;
  const parts = [
    `${countText(data.trainImages)} training and ${countText(data.validationImages)} validation images of ${countText(data.classes.length)} classes`,
    `${countText(history.loss.length)} ${history.loss.length === 1 ? 'epoch' : 'epochs'}${stoppedEarly ? ' (stopped early)' : ''} on ${escapeHtml(data.device)} in ${escapeHtml(data.precision)}`,
    `${countText(parameters.trainable)} of ${countText(parameters.total)} parameters trained`,
  ];
  if (bestEpoch !== undefined) parts.push(`weights of epoch ${bestEpoch + 1} kept`);
  return parts.join(' · ');
}

function proved({ frozen, leftOut }: ReportData): string {
  const { tensors, checks, digest } = frozen;
  const stayed =
    tensors === 0
      ? ''
      : `<p>The ${countText(tensors)} weights and statistics of the frozen layers were what they had been, byte for byte, each of the ${countText(checks)} ${checks === 1 ? 'time' : 'times'} that they were looked at, at the end of the run for the last time (SHA-1 of their digests: ${escapeHtml(digest)}).</p>`;
  const skipped = leftOut.map((sentence) => `<li>${escapeHtml(sentence)}</li>`).join('');
  if (stayed === '' && skipped === '') return '';
  return `<section><h2>Checks</h2>${stayed}${skipped && `<ul>${skipped}</ul>`}</section>`;
}

function tiles({ history, evaluation, seconds }: ReportData): string {
  const speeds = history.imagesPerSecond;
  const entries: [string, string][] = evaluation
    ? [
        ['validation loss', numberText(evaluation.loss)],
        ...tellingMetrics(evaluation, evaluation.perClass.length).map(
          ({ title, value }): [string, string] => [`validation ${title}`, percentText(value)],
        ),
        ['mean F1', percentText(mean(evaluation.perClass.map(({ f1 }) => f1)))],
      ]
    : [
        ['training accuracy', percentText(history.accuracy.at(-1) ?? Number.NaN)],
        ['training loss', numberText(history.loss.at(-1) ?? Number.NaN)],
      ];
  entries.push(
    ['images a second', countText(Math.round(median(speeds)))],
    ['whole run', durationText(seconds)],
  );
  return `<div class="tiles">${entries.map(([name, value]) => `<div class="tile"><b>${value}</b><span>${name}</span></div>`).join('')}</div>`;
}

function charts({ history, bestEpoch }: ReportData): string {
  const mark = bestEpoch === undefined ? {} : { bestEpoch };
  const loss = chart({
    title: 'Loss',
    curves: [
      { label: 'training', style: 'training', values: history.loss },
      { label: 'validation', style: 'validation', values: history.valLoss },
    ],
    format: numberText,
    ...mark,
  });
  const accuracy = chart({
    title: 'Accuracy',
    curves: [
      { label: 'training', style: 'training', values: history.accuracy },
      { label: 'validation', style: 'validation', values: history.valAccuracy },
    ],
    format: (value) => `${Number((value * 100).toFixed(1))}\u202f%`,
    range: [0, 1],
    ...mark,
  });
  return `<div class="charts">${loss}${accuracy}</div>`;
}

function validation({ evaluation }: ReportData): string {
  if (!evaluation) return '<section><h2>Validation</h2><p>There were no validation images.</p></section>';
  const classes = `<section><h2>Classes</h2>${scoreTable(evaluation)}</section>`;
  // Where an image may have many labels none is taken for another.
  if (evaluation.confusionMatrix.length === 0) return classes;
  return `<section><h2>Confusion matrix</h2><div class="beside">${confusionTable(evaluation)}<div class="confusions">${commonestConfusions(evaluation)}</div></div></section>
${classes}`;
}

function mean(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  return finite.reduce((sum, value) => sum + value, 0) / finite.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? 0)
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}
