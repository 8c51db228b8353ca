/** The small languages in which a command line names what a program makes by calls. */
import { ThawError } from '../errors.ts';
import { closest, shortened } from '../validate.ts';
import { type Family, type Member, type MemberOf, make } from './family.ts';
import { classWeightValue } from './fit.ts';
import { type HeadLayer, type HeadMember, headLayers, headUnits, linearHead } from './head-layers.ts';
import { count } from './run.ts';
import { schedules } from './schedules.ts';
import type { Kind, Option } from './table.ts';

/** What `thaw train` trains beside the head: nothing, everything, the last so many layers, or these. */
export type UnfreezeRule = 'none' | 'all' | { last: number } | { names: string[] };

/**
 * Reads a head: `linear`, or layers such as `flatten,dense:256:relu,dropout:0.5,dense`. A last bare `dense` gets
 * `classes` units; without `classes` only the form is checked. `activation`: of the last layer, where it is not written.
 * @throws ThawError ERR_INVALID_ARGUMENT, naming the layer
 */
export function parseHead(
  text: string,
  classes?: number,
  activation: 'linear' | 'sigmoid' = 'linear',
): HeadLayer[] {
  if (text === 'linear') {
    const [pool, dense] = linearHead(classes ?? 2);
    return [pool, { ...dense, activation }] as HeadLayer[];
  }
  const words = text.split(',').map((word) => word.trim());
  const layers = words.map((word, index) => {
    if (word !== 'dense') return member(headLayers, word, "The head's");
    if (index === words.length - 1) return make(headLayers, 'dense', { units: classes ?? 2, activation });
    throw problem("The head's", word, 'only the last dense may leave out its number of units.');
  });
  const units = headUnits(layers);
  if (units === undefined) throw problem("The head's", text, 'its last layer must be dense.');
  if (classes === undefined || units === classes || (units === 1 && classes === 2)) return layers;
  throw problem("The head's", text, `its last layer must be dense with one unit a class (${classes}).`);
}

/** Reads `constant`, `cosine` or `step:EVERY:GAMMA`, each with `:warmup=EPOCHS` where wanted. @throws as above */
export function parseSchedule(text: string): MemberOf<typeof schedules> {
  return member(schedules, text, 'The schedule');
}

/** Reads `none`, `all`, `last:N` or layer names with commas between them. @throws as above */
export function parseUnfreeze(text: string): UnfreezeRule {
  if (text === 'none' || text === 'all') return text;
  if (text.startsWith('last:')) {
    const last = fromText(count, text.slice('last:'.length));
    if (count.accepts(last)) return { last: last as number };
    throw refused(`Expected a positive number of layers in '${shortened(text)}'.`);
  }
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw refused(`A layer name is missing in '${shortened(text)}'.`);
  return { names };
}

/** Reads `none`, `auto` or `NAME:X,...`: a weight for each class named, 1 for the others. @throws as above */
export function parseClassWeight(text: string): 'auto' | Record<string, number> | undefined {
  if (text === 'none') return undefined;
  if (text === 'auto') return text;
  const pairs = text.split(',').map((pair) => {
    const colon = pair.lastIndexOf(':');
    const weight = fromText(classWeightValue, pair.slice(colon + 1));
    if (colon > 0 && classWeightValue.accepts(weight)) return [pair.slice(0, colon).trim(), weight];
    throw problem('The class weight', pair, 'write none, auto, or NAME:X with commas between.');
  });
  return Object.fromEntries(pairs);
}

/** Every word of a family with its values: `constant`, `cosine[:MINIMUM]`, `step:EVERY[:GAMMA]`. */
export function grammar(family: Family): string[] {
  return Object.entries(family).map(([kind, { options }]) => {
    const values = inOrder(options).map(([name, { required }]) =>
      required ? `:${name.toUpperCase()}` : `[:${name.toUpperCase()}]`,
    );
    return `${wordOf(family[kind]) ?? kind}${values.join('')}`;
  });
}

/** Reads `KIND:VALUE:VALUE:name=VALUE`, the values in the order of the member's table. */
function member<F extends Family>(family: F, text: string, what: string): MemberOf<F> {
  const [word = '', ...values] = text.split(':');
  const kind = Object.keys(family).find((name) => word === name || word === wordOf(family[name]));
  if (kind === undefined) {
    const nearest = closest(word, [
      ...Object.keys(family),
      ...Object.values(family).flatMap((m) => wordOf(m) ?? []),
    ]);
    throw problem(
      what,
      text,
      nearest ? `did you mean ${nearest}?` : `it is none of ${grammar(family).join(', ')}.`,
    );
  }
  const { options, alone } = family[kind] as HeadMember;
  const given: Record<string, unknown> = {};
  const places = inOrder(options);
  for (const value of values) {
    const named = Object.entries<Option>(options).find(([, { aliases = [] }]) =>
      aliases.some((alias) => value.startsWith(`${alias}=`)),
    );
    const [name, option] = named ?? places.shift() ?? [];
    if (name === undefined || option === undefined)
      throw problem(what, text, `'${shortened(value)}' is too much.`);
    if (Object.hasOwn(given, name)) throw problem(what, text, `${name} is given twice.`);
    given[name] = fromText(option.kind, named ? value.slice(value.indexOf('=') + 1) : value);
  }
  try {
    return make(family, kind as keyof F & string, { ...alone, ...given }) as MemberOf<F>;
  } catch (error) {
    throw problem(what, text, (error as Error).message);
  }
}

/** Those options whose values stand in order; one with a word of its own is written with it. */
function inOrder(options: Member['options']): [string, Option][] {
  return Object.entries<Option>(options).filter(([, { aliases }]) => aliases === undefined);
}

function wordOf(member: Member | undefined): string | undefined {
  return (member as HeadMember | undefined)?.word;
}

function fromText(kind: Kind<unknown, unknown>, text: string): unknown {
  return kind.fromText ? kind.fromText(text) : text;
}

function problem(what: string, text: string, why: string): ThawError {
  return refused(`${what} '${shortened(text)}' is not understood: ${why}`);
}

function refused(sentence: string): ThawError {
  return new ThawError('ERR_INVALID_ARGUMENT', sentence);
}
