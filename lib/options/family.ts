/** Things of which a call takes one kind or another, each with options of its own: optimizers, schedules, layers. */
import { invalid } from '../validate.ts';
import { type Checked, checkOptions, type Given, type Table } from './table.ts';

export interface Member {
  readonly help: string;
  readonly options: Table;
}

export type Family = Readonly<Record<string, Member>>;

type Flat<T> = { readonly [K in keyof T]: T[K] };

/** What `make` gives: plain data, told apart by `kind`. */
export type MemberOf<F extends Family, K extends keyof F = keyof F> = {
  [Kind in K]: Flat<{ kind: Kind } & Checked<F[Kind]['options']>>;
}[K];

export type OptionsOf<F extends Family, K extends keyof F> = Given<F[K]['options']>;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function make<F extends Family, K extends keyof F & string>(
  family: F,
  kind: K,
  options: unknown,
): MemberOf<F, K> {
  const member = family[kind] as Member;
  return { kind, ...checkOptions(kind, member.options, options) } as unknown as MemberOf<F, K>;
}

/**
 * What a caller hands over, made anew: a plain object of the same form is as good as what `make` gave.
 * @param functions how messages name what makes them: `adam() or sgd()`
 */
export function checkMember<F extends Family>(
  name: string,
  family: F,
  functions: string,
  value: unknown,
): MemberOf<F> {
  if (typeof value !== 'object' || value === null) throw invalid(name, functions, value);
  const { kind, ...options } = value as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(family, kind)) throw invalid(name, functions, value);
  return make(family, kind as keyof F & string, options);
}
