import { formatBytes, formatSeconds } from './format.ts';

/** What of a download is there; `total` is undefined where the server does not say. */
export interface DownloadProgress {
  readonly received: number;
  readonly total: number | undefined;
  /** Bytes a second in this run: what an interrupted run left is not counted. */
  readonly bytesPerSecond: number;
}

export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line on a terminal that is redrawn in place; silent where the stream is a file or a pipe. */
export class ProgressLine {
  readonly #stream: LineStream;
  #last = 0;
  #drawn = false;

  constructor(stream: LineStream = process.stderr) {
    this.#stream = stream;
  }

  /** Draws at most ten times a second. */
  draw(text: string): void {
    const now = Date.now();
    if (!this.#stream.isTTY || now - this.#last < 100) return;
    this.#last = now;
    this.#drawn = true;
    this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  clear(): void {
    if (this.#drawn) this.#stream.write('\r\u001b[K');
    this.#drawn = false;
    this.#last = 0;
  }
}

/** `resnet50-0676ba61.pth  41 %  42.0 of 102.5 MB  8.1 MB/s  8 s left` */
export function describeProgress(name: string, progress: DownloadProgress): string {
  const { received, total, bytesPerSecond } = progress;
  const speed = `${formatBytes(bytesPerSecond)}/s`;
  if (total === undefined) return `${name}  ${formatBytes(received)}  ${speed}`;
  const percent = total > 0 ? Math.floor((100 * received) / total) : 100;
  const left = bytesPerSecond > 0 ? `  ${formatSeconds((total - received) / bytesPerSecond)} left` : '';
  return `${name}  ${percent} %  ${formatBytes(received)} of ${formatBytes(total)}  ${speed}${left}`;
}
