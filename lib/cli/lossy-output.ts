import type { WriteStream } from 'node:tty';
import type { TextOutput } from './context.ts';

/**
 * A stream of which what cannot be written is dropped: its reader is gone (`thaw ... | head -1`), its terminal closed, its
 * disk full. A long run does not end for that.
 */
export class LossyOutput implements TextOutput {
  readonly #stream: WriteStream;
  #lost: NodeJS.ErrnoException | undefined;

  /** @param onLoss called once, with why */
  constructor(stream: WriteStream, onLoss: (error: NodeJS.ErrnoException) => void = () => undefined) {
    this.#stream = stream;
    stream.on('error', (error) => {
      if (this.#lost) return;
      this.#lost = error;
      onLoss(error);
    });
  }

  /** Whether something was, for another reason than that its reader is gone. */
  get lost(): boolean {
    return this.#lost !== undefined && !this.closed;
  }

  /** Whether there is nobody who could read what is written from now on. */
  get closed(): boolean {
    return this.#lost?.code === 'EPIPE';
  }

  get isTTY(): boolean {
    return this.#stream.isTTY && this.#lost === undefined;
  }

  get columns(): number {
    return this.#stream.columns;
  }

  write(text: string): void {
    this.#stream.write(text);
  }
}
