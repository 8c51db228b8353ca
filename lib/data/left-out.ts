import { type Finding, finding } from './finding.ts';

/** Why files of a folder are no part of the data, as the sentence for one of them and for several ends. */
const reasons = {
  hidden: ['its name begins with a dot', 'their names begin with a dot'],
  system: ['it belongs to the system', 'they belong to the system'],
  name: ['its name is not UTF-8', 'their names are not UTF-8'],
  format: ['this build cannot read it', 'this build cannot read them'],
  ending: ['it is no image', 'they are no images'],
  extensions: ['the option extensions does not name it', 'the option extensions does not name them'],
  link: ['the option followLinks is false', 'the option followLinks is false'],
  seen: ['its images are in the class already', 'their images are in the class already'],
  elsewhere: ['it leads to where other classes lie', 'they lead to where other classes lie'],
  same: [
    'it is in its class already under another name',
    'they are in their class already under another name',
  ],
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
  /** All of them. */
  names: string[];
  reason: Reason;
}

/** Gathers what is to be told of the data: what was left out, what is doubtful, and sentences. */
export class Notes {
  readonly #leftOut = new Map<string, LeftOut>();
  readonly #sentences = new Set<string>();
  readonly #doubts: Finding[] = [];

  leaveOut(reason: Reason, what: string, example: string): void {
    const key = `${reason}\0${what}`;
    const known = this.#leftOut.get(key);
    if (known) known.count = known.names.push(example);
    else this.#leftOut.set(key, { what, count: 1, example, names: [example], reason });
  }

  /** Once, however often it is said. */
  say(sentence: string): void {
    this.#sentences.add(sentence);
  }

  /** What is said of several findings in one sentence. */
  doubt(findings: readonly Finding[], sentence: string): void {
    this.#doubts.push(...findings);
    this.say(sentence);
  }

  get leftOut(): LeftOut[] {
    return [...this.#leftOut.values()];
  }

  get findings(): Finding[] {
    const left = this.leftOut.map(({ what, names, reason }) =>
      finding('leftOut', names, `${what}: ${reasons[reason][0]}`),
    );
    return [...this.#doubts, ...left];
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
