import type { EpochLogs } from './api.ts';
import type { TextOutput } from './context.ts';

/** The lines that `thaw train --json` prints: one object each, `event` says which. */
export type TrainEvent =
  | {
      event: 'start';
      out: string;
      classes: readonly string[];
      trainImages: number;
      validationImages: number;
      epochs: number;
      startEpoch: number;
      batchSize: number;
      batches: number;
      device: string;
      precision: string;
      weights: string;
      parameters: number;
      trainableParameters: number;
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
      loss: number;
      accuracy: number;
      valLoss: number | null;
      valAccuracy: number | null;
      stoppedEarly: boolean;
      skipped: number;
      seconds: number;
    };

/** Writes one JSON object a line; NaN becomes null, as JSON has no other word for it. */
export function writeEvent(output: TextOutput, event: object): void {
  output.write(`${JSON.stringify(event)}\n`);
}
