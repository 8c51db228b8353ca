import type { EpochLogs } from '../model/callbacks.ts';
import type { CacheFacts } from '../model/feature-cache.ts';
import type { TimeSpent } from '../model/history.ts';
import type { NativeFrozen } from '../native-run.ts';
import type { TextOutput } from './context.ts';

/** The lines that `thaw train --json` prints: one object each, `event` says which. */
export type TrainEvent =
  | {
      event: 'start';
      out: string;
      classes: readonly string[];
      trainImages: number;
      validationImages: number;
      /** What there is to know of the data: what was left out, repeated, missing. */
      notes: readonly string[];
      epochs: number;
      startEpoch: number;
      batchSize: number;
      batches: number;
      device: string;
      precision: string;
      weights: string;
      parameters: number;
      trainableParameters: number;
      /** Where the frozen layers' outputs are kept; they end with the module `boundary`. */
      cache: { boundary: string; train: CacheFacts; validation: CacheFacts };
    }
  | ({ event: 'epoch'; epoch: number; epochs: number } & EpochLogs)
  | { event: 'interrupted'; out: string; resume: string | null }
  | { event: 'error'; code: string; message: string }
  | {
      event: 'done';
      out: string;
      model: string;
      report: string;
      epochs: number;
      loss: number | null;
      accuracy: number | null;
      valLoss: number | null;
      valAccuracy: number | null;
      stoppedEarly: boolean;
      /** Images. */
      skipped: number;
      skippedSteps: number;
      /** What was proved of the frozen layers. */
      frozen: NativeFrozen;
      /** Of the whole command, from its first image listed to its last file written. */
      seconds: number;
      /** Of training and validation, by what it was spent on. */
      time: TimeSpent;
    };

export function writeEvent(output: TextOutput, event: TrainEvent): void {
  writeJsonLine(output, event);
}

/** One JSON object a line; NaN becomes null, as JSON has no other word for it. */
export function writeJsonLine(output: TextOutput, value: object): void {
  output.write(`${JSON.stringify(value)}\n`);
}
