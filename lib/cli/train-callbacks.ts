import type { Callbacks, TrainBegin } from '../model/callbacks.ts';
import type { TrainConfig } from '../options/train.ts';
import type { TextOutput } from './context.ts';
import { type TrainEvent, writeEvent } from './output.ts';
import type { Progress } from './progress.ts';
import type { RunFolder } from './run-folder.ts';
import { cacheNote } from './run-notes.ts';

export interface Listeners {
  callbacks: Callbacks;
  /** What training began with; before that, nothing. */
  readonly begin: TrainBegin | undefined;
  /** Waits for what the callbacks have begun to write. */
  flush(): Promise<void>;
}

/** What happens while `fit` runs: progress for people, events for programs, history.json after every epoch. */
export function listeners(options: {
  config: TrainConfig;
  folder: RunFolder;
  progress: Progress;
  /** Where the JSON events go; absent without --json. */
  events?: TextOutput;
  start: Omit<
    Extract<TrainEvent, { event: 'start' }>,
    'event' | 'startEpoch' | 'batchSize' | 'batches' | 'device' | 'precision' | 'cache'
  >;
}): Listeners {
  const { config, folder, progress, events, start } = options;
  // One write after the other: they share a .part file.
  let writing = Promise.resolve();
  let begin: TrainBegin | undefined;
  const callbacks: Callbacks = {
    onTrainBegin(info) {
      begin = info;
      const { startEpoch, batches, batchSize, device, precision, trainCache, validationCache } = info;
      // What is refused has changed nothing. Training waits for it: a checkpoint is never beside the options of before.
      // A resumed run goes on with what was found.
      folder.takeOver(info.epochs);
      const write = async () => {
        await folder.writeConfig({ ...config, batchSize });
        if (info.epochs.length > 0) await folder.writeHistory();
      };
      writing = write();
      for (const text of info.notes) progress.note(text);
      const cache = { boundary: info.boundary, train: trainCache, validation: validationCache };
      if (events)
        writeEvent(events, {
          event: 'start',
          ...start,
          notes: [...start.notes, ...info.notes],
          startEpoch,
          batchSize,
          batches,
          device,
          precision,
          cache,
        });
      const from = startEpoch > 0 ? `, from epoch ${startEpoch + 1}` : '';
      progress.note(`training on ${device} in ${precision}, ${batchSize} images a step${from}`);
      const note = cacheNote(info);
      if (note) progress.note(note);
      return writing;
    },
    onEpochEnd(epoch, logs) {
      folder.addEpoch(logs);
      writing = writing.then(() => folder.writeHistory());
      writing.catch(() => undefined); // flush() reports it
      progress.epoch(epoch, logs);
      if (events) writeEvent(events, { event: 'epoch', epoch: epoch + 1, epochs: config.epochs, ...logs });
    },
  };
  // Without a listener nothing per batch leaves the native side.
  if (progress.live) {
    callbacks.onBatchEnd = (logs) => progress.batch(logs);
    callbacks.onValidationBatchEnd = (logs) => progress.validation(logs);
  }
  return {
    callbacks,
    get begin() {
      return begin;
    },
    flush: () => writing,
  };
}
