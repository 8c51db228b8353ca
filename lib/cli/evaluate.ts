import { resolve } from 'node:path';
import { loadPart } from '../data/load-images.ts';
import type { Evaluation } from '../model/evaluation.ts';
import { noPositionals, parseArguments } from '../options/arguments.ts';
import { evaluateFlags } from '../options/commands.ts';
import { tellingMetrics } from '../options/metrics.ts';
import { evaluate as evaluateOptions } from '../options/run.ts';
import { flagged, pick } from '../options/table.ts';
import { percent, plural, short, table } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { withModel } from './load-model.ts';
import { writeJsonLine } from './output.ts';

/** Wider matrices do not fit a terminal; then the commonest confusions are listed in its place. */
const widestMatrix = 15;

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Measure a saved model on labelled images.',
  options: evaluateFlags,
  run: evaluate,
};

async function evaluate(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, evaluateFlags, 'evaluate');
  noPositionals(positionals, 'evaluate');
  return withModel(values, context, async (model) => {
    // A file that is not ours has no class names: then the folders' are taken.
    const known = model.classes.length > 0 ? model.classes : undefined;
    const { split, root, pathColumn, labelColumn } = values;
    const listing = { root: root === undefined ? root : resolve(context.cwd, root), pathColumn, labelColumn };
    const { images, notes } = await loadPart(resolve(context.cwd, values.data), split, known, listing);
    for (const note of notes) context.stderr.write(`${note}\n`);
    const { classes } = images;
    const result = await model.evaluate(images, {
      ...pick(flagged(evaluateOptions), values),
      signal: context.signal,
    });
    if (values.json) writeJsonLine(context.stdout, { classes, ...result });
    else context.stdout.write(evaluationText(result));
    for (const { name, reason } of result.skipped) context.stderr.write(`left out: ${name}: ${reason}\n`);
    return exitCodes.done;
  });
}

/** The tables that `thaw evaluate` prints. */
export function evaluationText(evaluation: Evaluation): string {
  const { loss, images, perClass, confusionMatrix } = evaluation;
  const measured = tellingMetrics(evaluation, perClass.length).map(
    ({ title, value }) => `, ${title} ${percent(value)}`,
  );
  const head = `${plural(images, 'image')}: loss ${short(loss)}${measured.join('')}\n`;
  const averaged = perClass.some(({ averagePrecision }) => averagePrecision !== undefined);
  const scores = table([
    ['class', 'precision', 'recall', 'F1', ...(averaged ? ['average precision'] : []), 'images'],
    ...perClass.map(({ label, precision, recall, f1, averagePrecision, support }) => [
      label,
      ...[precision, recall, f1, ...(averaged ? [averagePrecision ?? Number.NaN] : [])].map(percent),
      String(support),
    ]),
  ]);
  const labels = perClass.map(({ label }) => label);
  // Where an image may have many labels none is taken for another.
  if (confusionMatrix.length === 0) return `${head}\n${scores}\n`;
  return `${head}\n${scores}\n\n${confusionText(labels, confusionMatrix)}\n`;
}

function confusionText(labels: readonly string[], matrix: readonly (readonly number[])[]): string {
  if (labels.length <= widestMatrix) {
    const rows = matrix.map((row, i) => [labels[i] ?? '', ...row.map(String)]);
    const heading = ['true \\ predicted', ...labels.map((label) => [...label].slice(0, 8).join(''))];
    return table([heading, ...rows]);
  }
  const confusions = matrix
    .flatMap((row, i) =>
      row.map((count, j) => ({ count, from: labels[i] ?? '', to: labels[j] ?? '', wrong: i !== j })),
    )
    .filter(({ count, wrong }) => wrong && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, 20);
  if (confusions.length === 0) return 'No image was taken for one of another class.';
  return table([
    ['commonest confusions', 'taken for', 'images'],
    ...confusions.map(({ count, from, to }) => [from, to, String(count)]),
  ]);
}
