import { invalid } from '../validate.ts';
import { type Checked, checkOptions, type Given, type JsonSchema, type Kind, type Table } from './table.ts';

/** A kind whose values are taken as they are. */
export interface Simple<T> extends Kind<T> {
  readonly accepts: (value: unknown) => boolean;
}

interface SimpleFacts {
  expected: string;
  written: string;
  schema?: JsonSchema;
  fromText?: (text: string) => unknown;
  accepts: (value: unknown) => boolean;
}

export function simple<T>(facts: SimpleFacts): Simple<T> {
  const check = (name: string, value: unknown) => {
    if (!facts.accepts(value)) throw invalid(name, facts.expected, value);
    return value as T;
  };
  return { ...facts, check };
}

interface Bounds {
  readonly minimum?: number;
  /** Less is allowed, this is not. */
  readonly above?: number;
  readonly maximum?: number;
  readonly below?: number;
}

/** A finite number. */
export function number(bounds: Bounds = {}): Simple<number> {
  return numeric('number', 'X', bounds, Number.isFinite);
}

export function integer(bounds: Bounds = {}): Simple<number> {
  return numeric('integer', 'N', bounds, Number.isSafeInteger);
}

function numeric(
  type: 'number' | 'integer',
  written: string,
  { minimum, above, maximum, below }: Bounds,
  isOfType: (value: unknown) => boolean,
): Simple<number> {
  const limits = { minimum, exclusiveMinimum: above, maximum, exclusiveMaximum: below };
  const given = Object.entries(limits).filter(([, limit]) => limit !== undefined);
  return simple({
    expected: numbersIn(type, { minimum, above, maximum, below } as Bounds),
    written,
    schema: { type, ...Object.fromEntries(given) },
    fromText: (text) => (text.trim() === '' || Number.isNaN(Number(text)) ? text : Number(text)),
    accepts: (value) => {
      const size = value as number;
      return (
        isOfType(value) &&
        !(minimum !== undefined && size < minimum) &&
        !(above !== undefined && size <= above) &&
        !(maximum !== undefined && size > maximum) &&
        !(below !== undefined && size >= below)
      );
    },
  });
}

/** `a positive integer`, `a number from 0 to 1`, `a number of at least 0 and less than 1`. */
function numbersIn(type: 'number' | 'integer', { minimum, above, maximum, below }: Bounds): string {
  const open = maximum === undefined && below === undefined;
  if (type === 'integer' && open && minimum === 1) return 'a positive integer';
  if (type === 'integer' && open && minimum === 0) return 'a non-negative integer';
  const noun = type === 'integer' ? 'an integer' : 'a number';
  if (minimum !== undefined && maximum !== undefined) return `${noun} from ${minimum} to ${maximum}`;
  const bounds = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(above === undefined ? [] : [`more than ${above}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(below === undefined ? [] : [`less than ${below}`]),
  ];
  return bounds.length > 0 ? `${noun} of ${bounds.join(' and ')}` : noun;
}

export function oneOf<const T extends string>(choices: readonly T[]): Simple<T> {
  const quoted = choices.map((choice) => `'${choice}'`).join(', ');
  return simple({
    expected: choices.length === 1 ? quoted : `one of ${quoted}`,
    written: choices.join('|'),
    schema: choices.length === 1 ? { const: choices[0] } : { type: 'string', enum: choices },
    accepts: (value) => choices.includes(value as T),
  });
}

/** One of the choices, or another name of one, which is taken for it. */
export function named<const T extends string, const S extends string>(
  choices: readonly T[],
  others: Readonly<Record<S, T>>,
): Kind<T | S, T> {
  const plain = oneOf(choices);
  return {
    ...plain,
    schema: { type: 'string', enum: [...choices, ...Object.keys(others)] },
    check: (name, value) =>
      typeof value === 'string' && Object.hasOwn(others, value)
        ? others[value as S]
        : plain.check(name, value),
  };
}

export const yesNo: Simple<boolean> = simple({
  expected: 'true or false',
  written: '',
  schema: { type: 'boolean' },
  accepts: (value) => typeof value === 'boolean',
});

/** Not empty. `what` as in `the path of a file`. */
export function text(what = 'a text', written = 'TEXT'): Simple<string> {
  return simple({
    expected: what,
    written,
    schema: { type: 'string', minLength: 1 },
    accepts: (value) => typeof value === 'string' && value !== '',
  });
}

/** A text of a form. */
export function matching<T extends string>(form: RegExp, expected: string, written: string): Simple<T> {
  return simple({
    expected,
    written,
    schema: { type: 'string', pattern: form.source },
    accepts: (value) => typeof value === 'string' && form.test(value),
  });
}

/** A text in a small language: `read` refuses what is none of it, and reads it again where it is used. */
export function language(written: string, read: (text: string) => unknown): Kind<string> {
  const plain = text('a text', written);
  return {
    ...plain,
    check(name, value) {
      read(plain.check(name, value));
      return value as string;
    },
  };
}

export function either<A, B>(first: Simple<A>, second: Simple<B>): Simple<A | B> {
  const { schema, fromText } = first;
  return simple({
    expected: `${first.expected} or ${second.expected}`,
    written: `${first.written}|${second.written}`,
    ...(schema && second.schema && { schema: { anyOf: [schema, second.schema] } }),
    ...(fromText && { fromText }),
    accepts: (value) => first.accepts(value) || second.accepts(value),
  });
}

export function list<G, C>(kind: Kind<G, C>, what: string): Kind<readonly G[], C[]> {
  return {
    expected: what,
    written: '',
    ...(kind.options && { options: kind.options }),
    check(name, value) {
      if (!Array.isArray(value)) throw invalid(name, what, value);
      return value.map((item, index) => kind.check(`${name}[${index}]`, item));
    },
  };
}

/** One of them, or a list; several where it is checked. */
export function oneOrMany<G, C>(kind: Kind<G, C>): Kind<G | readonly G[], C[]> {
  return {
    ...kind,
    expected: `${kind.expected}, or a list of such`,
    check: (name, value) =>
      Array.isArray(value)
        ? value.map((item, index) => kind.check(`${name}[${index}]`, item))
        : [kind.check(name, value)],
  };
}

/** Options within an option. */
export function object<T extends Table>(table: T): Kind<Given<T>, Checked<T>> {
  const names = Object.keys(table).join(', ');
  return {
    expected: `{ ${names} }`,
    written: '',
    options: table,
    check: (name, value) => checkOptions(name, table, value, `${name}.`),
  };
}

/** The same, where one of them may be given alone. */
export function shorthand<T extends Table, A>(
  alone: Simple<A>,
  name: keyof T & string,
  table: T,
): Kind<A | Given<T>, Checked<T>> {
  const whole = object(table);
  return {
    expected: `${alone.expected}, or ${whole.expected}`,
    written: alone.written,
    options: table,
    check: (path, value) => {
      if (typeof value === 'object' && value !== null) return whole.check(path, value);
      return whole.check(path, { [name]: alone.check(path, value) });
    },
  };
}

/** What the caller hands over and the command line has no word for; `T` says its type where it is known here. */
export function handedOver<T = unknown>(expected: string, accepts: (value: unknown) => boolean): Simple<T> {
  return simple({ expected, written: '', accepts });
}

export const callback = handedOver<(...values: never[]) => void>(
  'a function',
  (value) => typeof value === 'function',
);

export const signal = handedOver<AbortSignal>(
  'an AbortSignal',
  (value) => typeof (value as AbortSignal | undefined)?.addEventListener === 'function',
);
