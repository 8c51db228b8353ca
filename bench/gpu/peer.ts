import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

export interface PeerAnswer {
  imagesPerSecond?: number;
  error?: string;
}

/** peers/gpu.py as long as it lives: what torch.compile has made for one measurement is there for the next. */
export class GpuPeer {
  readonly #start: () => ChildProcessWithoutNullStreams;
  #process: ChildProcessWithoutNullStreams | undefined;
  #lines: Interface | undefined;
  #said = '';

  constructor(python: string, script: string) {
    this.#start = () => spawn(python, [script], { stdio: ['pipe', 'pipe', 'pipe'] });
  }

  /** Its answer; where it fails, or takes longer than `seconds`, the reason. */
  ask(request: object, seconds: number): Promise<PeerAnswer> {
    this.#process ??= this.#begin();
    const peer = this.#process;
    return new Promise((resolve) => {
      const settle = (answer: PeerAnswer) => {
        clearTimeout(timer);
        this.#lines?.off('line', onLine);
        peer.off('close', onClose);
        resolve(answer);
      };
      const onLine = (line: string) => {
        try {
          settle(JSON.parse(line) as PeerAnswer);
        } catch {
          // Something else than an answer: compilers talk.
        }
      };
      const onClose = () => {
        this.#process = undefined;
        settle({ error: `PyTorch's process ended: ${this.#said.trim().split('\n').at(-1) ?? ''}` });
      };
      const timer = setTimeout(() => {
        this.end();
        settle({ error: `PyTorch took longer than ${seconds} seconds.` });
      }, seconds * 1000);
      this.#lines?.on('line', onLine);
      peer.once('close', onClose);
      peer.stdin.write(`${JSON.stringify(request)}\n`);
    });
  }

  end(): void {
    this.#process?.kill('SIGKILL');
    this.#process = undefined;
  }

  #begin(): ChildProcessWithoutNullStreams {
    const peer = this.#start();
    this.#said = '';
    peer.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4000);
    });
    peer.on('error', (error) => {
      this.#said = error.message;
    });
    peer.stdin.on('error', () => undefined); // it has ended; `close` says so
    this.#lines = createInterface({ input: peer.stdout });
    return peer;
  }
}
