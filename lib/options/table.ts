/**
 * An option is described once, as an entry of a table; its type, check, default, flag, JSON schema, help text and
 * its rows in the documents are made from that entry.
 */
import { invalid, knownOptions } from '../validate.ts';

export type JsonSchema = { readonly [keyword: string]: unknown };

/** A kind of value: what is accepted, and how that is said. */
export interface Kind<Given, Checked = Given> {
  /** Ends a sentence that begins with `Expected`: `a positive integer`. */
  readonly expected: string;
  /** How a command line's value is shown: `N`, `adam|sgd`; empty for a switch. */
  readonly written: string;
  /** The options within it. */
  readonly options?: Table;
  /** Of what a configuration file may hold; absent where it may hold none. */
  readonly schema?: JsonSchema;
  /** Reads a command line's text; what cannot be read is left for `check` to refuse. */
  readonly fromText?: (text: string) => unknown;
  /** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
  readonly check: (name: string, value: unknown) => Checked;
  /** There for its type alone. */
  readonly given?: Given;
}

export const GROUPS = ['Data', 'Model', 'Training', 'Machine', 'Run'] as const;
export type Group = (typeof GROUPS)[number];

export interface Option {
  readonly kind: Kind<unknown, unknown>;
  /** Names of other options stand in backticks; the command line shows them as flags. */
  readonly help: string;
  readonly default?: unknown;
  /** What the documents say where a default is no fixed value. */
  readonly otherwise?: string;
  readonly required?: true;
  /** Under which heading its flag stands; without a group it has no flag of its own. */
  readonly group?: Group;
  /** In place of the kind's. */
  readonly written?: string;
  /** Earlier names, which go on working in configuration files and as flags. */
  readonly aliases?: readonly string[];
  /** A file or folder: relative to the configuration file where it comes from there. */
  readonly path?: true;
}

export type Table = Readonly<Record<string, Option>>;

type GivenOf<O> = O extends { kind: Kind<infer Given, unknown> } ? Given : never;
type CheckedOf<O> = O extends { kind: Kind<unknown, infer Checked> } ? Checked : never;
type RequiredNames<T> = { [K in keyof T]: T[K] extends { required: true } ? K : never }[keyof T];
type SettledNames<T> = {
  [K in keyof T]: T[K] extends { required: true } | { default: unknown } ? K : never;
}[keyof T];

/** What a caller gives. */
export type Given<T> = { [K in Exclude<keyof T, RequiredNames<T>>]?: GivenOf<T[K]> | undefined } & {
  [K in RequiredNames<T>]: GivenOf<T[K]>;
};

/** What was given, as it was read: what was not is absent. */
export type Values<T> = Present<Given<T>>;
type Present<G> = { [K in keyof G]: Exclude<G[K], undefined> };

/** The same, checked, with defaults. */
export type Checked<T> = { [K in Exclude<keyof T, SettledNames<T>>]?: CheckedOf<T[K]> } & {
  [K in SettledNames<T>]: CheckedOf<T[K]>;
};

/** Those entries that have a flag. */
export type Flagged<T> = { [K in keyof T as T[K] extends { group: Group } ? K : never]: T[K] };

/**
 * Checks the options of a call and adds the defaults; what is absent and has no default is absent.
 * @param where names the call in messages: `fit`
 * @param prefix of the options' names in messages: `earlyStopping.`
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function checkOptions<T extends Table>(
  where: string,
  table: T,
  given: unknown,
  prefix = '',
): Checked<T> {
  if (typeof given !== 'object' || given === null) throw invalid(where, 'an object with options', given);
  knownOptions(where, given, Object.keys(table));
  const values = given as Readonly<Record<string, unknown>>;
  const checked: Record<string, unknown> = {};
  for (const [name, option] of Object.entries<Option>(table)) {
    const value = values[name] === undefined ? option.default : values[name];
    if (value !== undefined || option.required) {
      checked[name] = option.kind.check(`${prefix}${name}`, value);
    }
  }
  return checked as Checked<T>;
}

export function flagged<T extends Table>(table: T): Flagged<T> {
  return Object.fromEntries(Object.entries(table).filter(([, { group }]) => group)) as Flagged<T>;
}

/** Of `values` those that are options of `table`. */
export function pick<T extends Table, V extends object>(table: T, values: V): Pick<V, keyof T & keyof V> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(table, name))) as Pick<
    V,
    keyof T & keyof V
  >;
}

export function defaults<T extends Table>(table: T): Partial<Checked<T>> {
  const settled = Object.entries(table).filter(([, option]) => option.default !== undefined);
  return Object.fromEntries(settled.map(([name, option]) => [name, option.default])) as Partial<Checked<T>>;
}
