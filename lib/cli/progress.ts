import type { BatchLogs, EpochLogs } from '../model/callbacks.ts';
import { clock, percent, short } from './common.ts';
import type { TextOutput } from './context.ts';

const redrawMilliseconds = 100;
const barWidth = 20;

/**
 * Progress for people. On a terminal one line is redrawn while an epoch runs; anywhere else there is one line
 * an epoch, so that a log file stays readable.
 */
export class Progress {
  readonly live: boolean;
  readonly #output: TextOutput;
  readonly #epochs: number;
  readonly #now: () => number;
  #drawn = Number.NEGATIVE_INFINITY;

  constructor(output: TextOutput, epochs: number, now: () => number = () => performance.now()) {
    this.#output = output;
    this.#epochs = epochs;
    this.#now = now;
    this.live = output.isTTY === true;
  }

  batch(logs: BatchLogs): void {
    if (!this.live) return;
    if (this.#now() - this.#drawn < redrawMilliseconds && logs.batch < logs.batches) return;
    this.#drawn = this.#now();
    const line = [
      this.#title(logs.epoch),
      bar(logs.batch / logs.batches),
      `${Math.round(logs.imagesPerSecond)} images/s`,
      `${clock(this.#secondsLeft(logs))} left`,
      `loss ${short(logs.loss)}`,
      `accuracy ${percent(logs.accuracy)}`,
    ].join('  ');
    this.#output.write(`\r${line.slice(0, (this.#output.columns ?? 120) - 1)}\x1b[K`);
  }

  /** @param epoch counted from 0 */
  epoch(epoch: number, logs: EpochLogs): void {
    const parts = [this.#title(epoch), `loss ${short(logs.loss)}`, `accuracy ${percent(logs.accuracy)}`];
    if (logs.valLoss !== undefined && Number.isFinite(logs.valLoss))
      parts.push(`val loss ${short(logs.valLoss)}`);
    if (logs.valAccuracy !== undefined && Number.isFinite(logs.valAccuracy)) {
      parts.push(`val accuracy ${percent(logs.valAccuracy)}`);
    }
    parts.push(`${Math.round(logs.imagesPerSecond)} images/s`, `${logs.epochSeconds.toFixed(1)} s`);
    this.#clear();
    this.#output.write(`${parts.join('  ')}\n`);
  }

  /** A sentence between the lines of progress. */
  note(text: string): void {
    this.#clear();
    this.#output.write(`${text}\n`);
  }

  #clear(): void {
    if (this.live) this.#output.write('\r\x1b[K');
  }

  #title(epoch: number): string {
    const digits = String(this.#epochs).length;
    return `epoch ${String(epoch + 1).padStart(digits)}/${this.#epochs}`;
  }

  /** At the pace of this epoch: the first one may compute what the others only recall. */
  #secondsLeft(logs: BatchLogs): number {
    const secondsABatch = logs.images / logs.imagesPerSecond / Math.max(1, logs.batch);
    return secondsABatch * ((this.#epochs - logs.epoch) * logs.batches - logs.batch);
  }
}

function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * barWidth * 8);
  const full = Math.floor(eighths / 8);
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8));
  return ('█'.repeat(full) + part).padEnd(barWidth, '░');
}
