import { type LineStream, ProgressLine } from '../files/progress.ts';

/** What a setup says, on stderr: stdout belongs to the command that it runs before. */
export class Reporter {
  readonly #quiet: boolean;
  readonly #stream: LineStream;
  readonly #line: ProgressLine;

  constructor(quiet: boolean, stream: LineStream = process.stderr) {
    this.#quiet = quiet;
    this.#stream = stream;
    this.#line = new ProgressLine(stream);
  }

  /** Something is being done, or is not as it should be. */
  say = (line: string): void => {
    this.#line.clear();
    this.#stream.write(`${line}\n`);
  };

  /** Everything is in order: of interest only to who asks. */
  note = (line: string): void => {
    if (!this.#quiet) this.say(line);
  };

  progress = (text: string): void => this.#line.draw(text);

  clear = (): void => this.#line.clear();
}
