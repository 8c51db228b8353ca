import { sentences } from '../check/sentences.ts';
import type { Finding } from '../data/finding.ts';
import type { TrainBegin } from '../model/callbacks.ts';
import type { SkippedImage } from '../model/evaluation.ts';
import type { History } from '../model/history.ts';
import { clock, percent, plural } from './common.ts';
import type { CommandContext } from './context.ts';
import { writeEvent } from './output.ts';
import type { Progress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { advice, timeNote } from './run-notes.ts';
import type { TrainRequest } from './train-request.ts';

/** The end of a run: the `done` event, or a few lines for people. */
export function writeResult(run: {
  request: TrainRequest;
  folder: RunFolder;
  history: History;
  skipped: readonly SkippedImage[];
  /** What training has met with among the images. */
  met: readonly Finding[];
  /** Of the whole run, evaluation and saving included. */
  seconds: number;
  context: CommandContext;
  progress: Progress;
  begin: TrainBegin | undefined;
}): void {
  const { begin, request, folder, history, skipped, met, seconds, context, progress } = run;
  const { loss, accuracy, valLoss, valAccuracy } = folder.history;
  const model = folder.file('model.safetensors');
  const report = folder.file('report.html');
  for (const sentence of sentences(met)) progress.note(sentence);
  if (met.length > 0) progress.note(`all of them: ${folder.file('quarantine.json')}`);
  for (const sentence of history.notes) progress.note(sentence);
  if (request.json) {
    writeEvent(context.stdout, {
      event: 'done',
      out: folder.path,
      model,
      report,
      epochs: loss.length,
      loss: loss.at(-1) ?? null,
      accuracy: accuracy.at(-1) ?? null,
      valLoss: valLoss.at(-1) ?? null,
      valAccuracy: valAccuracy.at(-1) ?? null,
      stoppedEarly: history.stoppedEarly,
      skipped: skipped.length,
      skippedSteps: history.skippedSteps,
      frozen: history.frozen,
      seconds,
      time: history.seconds,
    });
    return;
  }
  if (request.quiet) return;
  const held = valAccuracy.at(-1);
  const reached =
    held === undefined
      ? `accuracy ${percent(accuracy.at(-1) ?? Number.NaN)}`
      : `validation accuracy ${percent(held)}`;
  const early = history.stoppedEarly ? ' (stopped early)' : '';
  context.stdout.write(`${plural(loss.length, 'epoch')}${early} in ${clock(seconds)}, ${reached}\n`);
  progress.note(timeNote(history.seconds, history.device));
  const hint = begin && advice(history.seconds, history.device, begin, request.config);
  if (hint) progress.note(`faster: ${hint}`);
  context.stdout.write(`model:  ${model}\nreport: ${report}\n`);
}
