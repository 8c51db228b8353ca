import type { BatchLogs, EpochLogs, ValidationLogs } from '../model/callbacks.ts';
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
    this.#bar(logs, '', [
      `${Math.round(logs.imagesPerSecond)} images/s`,
      `${clock(logs.secondsLeft)} left`,
      `loss ${short(logs.loss)}`,
      `accuracy ${percent(logs.accuracy)}`,
    ]);
  }

  validation(logs: ValidationLogs): void {
    this.#bar(logs, 'validation ', []);
    if (logs.batch === logs.batches) this.doing(`${this.#title(logs.epoch)}  saving the checkpoint`);
  }

  /** What is under way and has no measure, until something else is drawn. */
  doing(text: string): void {
    if (this.live) this.#output.write(`\r${text.slice(0, (this.#output.columns ?? 120) - 1)}\x1b[K`);
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
    this.clear();
    this.#output.write(`${parts.join('  ')}\n`);
  }

  /** A sentence between the lines of progress. */
  note(text: string): void {
    this.clear();
    this.#output.write(`${text}\n`);
  }

  clear(): void {
    if (this.live) this.#output.write('\r\x1b[K');
  }

  #title(epoch: number): string {
    const digits = String(this.#epochs).length;
    return `epoch ${String(epoch + 1).padStart(digits)}/${this.#epochs}`;
  }

  #bar({ epoch, batch, batches }: ValidationLogs, name: string, figures: readonly string[]): void {
    if (!this.live) return;
    if (this.#now() - this.#drawn < redrawMilliseconds && batch < batches) return;
    this.#drawn = this.#now();
    this.doing([this.#title(epoch), name + bar(batch / batches), ...figures].join('  '));
  }
}

function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * barWidth * 8);
  const full = Math.floor(eighths / 8);
  const part = eighths % 8 === 0 ? '' : String.fromCodePoint(0x2590 - (eighths % 8));
  return ('█'.repeat(full) + part).padEnd(barWidth, '░');
}
