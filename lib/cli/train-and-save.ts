import { metFindings } from '../check/check.ts';
import type { LabelledImages } from '../data/labelled-images.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import type { Callbacks } from '../model/callbacks.ts';
import type { FitOptions } from '../model/fit-options.ts';
import type { History } from '../model/history.ts';
import { fit } from '../options/fit.ts';
import { flagged, pick } from '../options/table.ts';
import type { TrainConfig } from '../options/train.ts';
import { parseClassWeight } from '../options/words.ts';
import { reportPage } from '../report/page.ts';
import { version } from '../version.ts';
import type { CommandModel } from './api.ts';
import { type CommandContext, silence } from './context.ts';
import { Progress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { listeners } from './train-callbacks.ts';
import type { TrainRequest } from './train-request.ts';
import { writeResult } from './train-result.ts';

export interface Training {
  model: CommandModel;
  data: LabelledImages;
  config: TrainConfig;
  request: TrainRequest;
  folder: RunFolder;
  context: CommandContext;
}

/** Trains, and leaves model, history, report and what is wrong with the images in the run's folder. */
export async function trainAndSave(training: Training): Promise<void> {
  const { model, data, config, request, folder, context } = training;
  const started = performance.now();
  await folder.writeQuarantine(data.findings);
  const progress = new Progress(request.quiet ? silence : context.stderr, config.epochs);
  const { total, trainable } = model.countParams();
  const listening = listeners({
    config,
    folder,
    progress,
    ...(request.json ? { events: context.stdout } : {}),
    start: {
      out: folder.path,
      classes: data.classes,
      trainImages: data.train.size,
      validationImages: data.validation?.size ?? 0,
      notes: data.notes,
      epochs: config.epochs,
      weights: config.weights,
      parameters: total,
      trainableParameters: trainable,
    },
  });
  let history: History;
  try {
    history = await model.fit(data.train, fitOptions(training, listening.callbacks));
  } catch (error) {
    await listening.flush().catch(() => undefined);
    throw error;
  }
  await listening.flush();
  if (await folder.restore())
    progress.note(`The run's folder was removed while it ran: it is made again, as ${folder.path}.`);
  await folder.writeHistory();

  const { evaluation } = history;
  const skipped = history.skipped.map(({ name, code, reason }) => ({ name, code, reason }));
  const met = metFindings(data, history);
  await folder.writeQuarantine([...data.findings, ...met]);
  progress.doing('saving model.safetensors');
  await model.save(folder.file('model.safetensors'));
  progress.clear();
  const seconds = (performance.now() - started) / 1e3;
  const page = reportPage({
    version: version(),
    config,
    history: folder.history,
    skipped,
    trainImages: data.train.size,
    validationImages: data.validation?.size ?? 0,
    classes: data.classes,
    device: history.device,
    precision: history.precision,
    stoppedEarly: history.stoppedEarly,
    parameters: { total, trainable },
    frozen: history.frozen,
    leftOut: history.notes,
    seconds,
    ...(history.bestEpoch === undefined ? {} : { bestEpoch: history.bestEpoch }),
    ...(evaluation ? { evaluation } : {}),
  });
  await writeAtomically(folder.file('report.html'), page);
  writeResult({ request, folder, history, skipped, met, seconds, context, progress, begin: listening.begin });
}

function fitOptions({ data, config, request, folder, context }: Training, callbacks: Callbacks): FitOptions {
  const { validation } = data;
  const { seed, cacheMemory, earlyStopping: patience } = config;
  return {
    ...pick(flagged(fit), config),
    seed,
    cache: {
      mode: config.cache,
      directory: folder.file('cache'),
      memory: cacheMemory === undefined ? undefined : Math.round(1e9 * cacheMemory),
    },
    classWeight: parseClassWeight(config.classWeight),
    earlyStopping:
      patience === undefined ? undefined : { monitor: validation ? 'valLoss' : 'loss', patience },
    checkpoint: {
      directory: folder.file('checkpoint'),
      resume: request.resume && folder.hasCheckpoint,
      every: config.checkpointEvery,
      changes: request.changes,
    },
    validationData: validation,
    signal: context.signal,
    callbacks,
  };
}
