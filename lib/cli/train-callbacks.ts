import type { TrainConfig } from '../config/resolve.ts';
import type { Callbacks } from '../model/fit-options.ts';
import type { TextOutput } from './context.ts';
import { type TrainEvent, writeEvent } from './output.ts';
import type { Progress } from './progress.ts';
import type { HistoryColumns, RunFolder } from './run-folder.ts';

export interface Listeners {
  callbacks: Callbacks;
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
  /** Of the run that is resumed. */
  earlier: Partial<HistoryColumns>;
  start: Omit<
    Extract<TrainEvent, { event: 'start' }>,
    'event' | 'startEpoch' | 'batches' | 'device' | 'precision'
  >;
}): Listeners {
  const { config, folder, progress, events, earlier, start } = options;
  // One write after the other: they share a .part file.
  let writing = Promise.resolve();
  const callbacks: Callbacks = {
    onTrainBegin({ startEpoch, batches, device, precision }) {
      folder.takeOver(earlier, startEpoch);
      if (events) writeEvent(events, { event: 'start', ...start, startEpoch, batches, device, precision });
      const from = startEpoch > 0 ? `, from epoch ${startEpoch + 1}` : '';
      progress.note(`training on ${device} in ${precision}${from}`);
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
  if (progress.live) callbacks.onBatchEnd = (logs) => progress.batch(logs);
  return { callbacks, flush: () => writing };
}
