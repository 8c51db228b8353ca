import { types } from 'node:util';
import { ThawError } from './errors.ts';

/** A refused argument: `Expected a positive integer for batchSize but received -1 of type number`. */
export function invalid(name: string, expected: string, actual: unknown): ThawError {
  return new ThawError(
    'ERR_INVALID_ARGUMENT',
    `Expected ${expected} for ${name} but received ${describe(actual)}.`,
  );
}

export function positiveInteger(name: string, value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) throw invalid(name, 'a positive integer', value);
  return value as number;
}

export function oneOf<T extends string>(name: string, value: unknown, choices: readonly T[]): T {
  if (!choices.includes(value as T)) {
    throw invalid(name, `one of ${choices.map((choice) => `'${choice}'`).join(', ')}`, value);
  }
  return value as T;
}

/** Refuses a misspelt option by name: `Unknown option batchsize for fit; did you mean batchSize?` */
export function knownOptions(where: string, options: object, known: readonly string[]): void {
  const name = Object.keys(options).find((key) => !known.includes(key));
  if (name !== undefined) throw unknownOption(name, known, `for ${where}`, `; it takes ${known.join(', ')}.`);
}

/** `Unknown option learningrate in run.json; did you mean learningRate?`; `otherwise` where nothing is near. */
export function unknownOption(name: string, known: readonly string[], where: string, otherwise = '.') {
  const nearest = closest(name, known);
  const hint = nearest ? `; did you mean ${nearest}?` : otherwise;
  return new ThawError('ERR_UNKNOWN_OPTION', `Unknown option ${shortened(name)} ${where}${hint}`);
}

/** Longer words are no misspelling of anything, and comparing them takes long. */
const LONGEST_WORD = 100;

/** The candidate within a third of the word's length in edits (Levenshtein distance), ignoring case. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  if (word.length > LONGEST_WORD) return undefined;
  let best: string | undefined;
  let bestDistance = Math.floor(word.length / 3) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** A list for a sentence, however long it is: `cat, dog, owl and 997 more`. */
export function listed(names: readonly string[], most = 8): string {
  const first = names.slice(0, most).map((name) => shortened(name));
  const more = names.length - first.length;
  return more > 0 ? `${first.join(', ')} and ${more} more` : first.join(', ');
}

/** A text for a sentence, however long it is. */
export function shortened(text: string, longest = 60): string {
  return text.length > longest ? `${text.slice(0, longest - 3)}...` : text;
}

/** Names a value by its kind and size; nothing in it is walked through, as it may be gigabytes. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'undefined':
      return 'undefined';
    case 'string':
      return `${shortened(`'${value.slice(0, 60)}'`)} of type string`;
    case 'number':
    case 'boolean':
      return `${value} of type ${typeof value}`;
    case 'object':
      return value === null ? 'null' : describeObject(value);
    default:
      return `a ${typeof value}`;
  }
}

function describeObject(value: object): string {
  if (Array.isArray(value)) {
    return isShape(value) ? `[${value.join(', ')}]` : `an array of ${counted(value.length, 'value')}`;
  }
  const name: unknown = Object.getPrototypeOf(value)?.constructor?.name;
  if (typeof name !== 'string' || name === '' || name === 'Object') return 'an object';
  const kind = `${/^[AEIO]/.test(name) ? 'an' : 'a'} ${shortened(name)}`;
  const extent = extentOf(value);
  return extent === undefined ? kind : `${kind} of ${extent}`;
}

function extentOf(value: object): string | undefined {
  if (types.isTypedArray(value) && !Buffer.isBuffer(value)) return counted(value.length, 'value');
  if (types.isMap(value) || types.isSet(value)) return counted(value.size, 'value');
  const isBytes = ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value);
  return isBytes ? counted(value.byteLength, 'byte') : undefined;
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** A few numbers say more than that they are a few. */
function isShape(value: readonly unknown[]): boolean {
  return value.length > 0 && value.length <= 4 && value.every((item) => typeof item === 'number');
}
