import type { EpochLogs } from '../model/fit-options.ts';
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
      loss: number | null;
      accuracy: number | null;
      valLoss: number | null;
      valAccuracy: number | null;
      stoppedEarly: boolean;
      skipped: number;
      seconds: number;
    };

export function writeEvent(output: TextOutput, event: TrainEvent): void {
  writeJsonLine(output, event);
}

/** One JSON object a line; NaN becomes null, as JSON has no other word for it. */
export function writeJsonLine(output: TextOutput, value: object): void {
  output.write(`${JSON.stringify(value)}\n`);
}
