/** Why files of a folder are no part of the data, as the sentence for one of them and for several ends. */
const reasons = {
  hidden: ['its name begins with a dot', 'their names begin with a dot'],
  system: ['it belongs to the system', 'they belong to the system'],
  name: ['its name is not UTF-8', 'their names are not UTF-8'],
  format: ['this build cannot read it', 'this build cannot read them'],
  ending: ['it is no image', 'they are no images'],
  extensions: ['the option extensions does not name it', 'the option extensions does not name them'],
  link: ['the option followLinks is false', 'the option followLinks is false'],
  loose: ['it lies beside the class folders', 'they lie beside the class folders'],
} as const;

export type Reason = keyof typeof reasons;

/** Files of one kind that are no part of the data, for one reason. */
export interface LeftOut {
  /** What they are: `.heic file`, `hidden file or folder`. */
  what: string;
  count: number;
  /** The first of them. */
  example: string;
  reason: Reason;
}

/** Gathers what is to be told of the data: what was left out, and sentences. */
export class Notes {
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #sentences = new Set<string>();

  leaveOut(reason: Reason, what: string, example: string): void {
    const key = `${reason}\0${what}`;
    const known = this.#leftOut.get(key);
    if (known) known.count++;
    else this.#leftOut.set(key, { what, count: 1, example, reason });
  }

  /** Once, however often it is said. */
  say(sentence: string): void {
    this.#sentences.add(sentence);
  }

  get leftOut(): LeftOut[] {
    return [...this.#leftOut.values()];
  }

  /** Everything, a sentence each. */
  get sentences(): string[] {
    return [...this.#sentences, ...this.leftOut.map(leftOutSentence)];
  }
}

/** `20 .heic files are left out: this build cannot read them (cat/IMG_0.HEIC).` */
function leftOutSentence({ what, count, example, reason }: LeftOut): string {
  const [one, several] = reasons[reason];
  const number = count.toLocaleString('en-US');
  return count === 1
    ? `1 ${what} is left out: ${one} (${example}).`
    : `${number} ${what.replace(/\b(file|folder|image)\b/g, '$1s')} are left out: ${several} (${example}, ...).`;
}
