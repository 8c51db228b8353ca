import { parseArgs } from 'node:util';
import { ThawError } from '../errors.ts';
import { shortened, unknownOption } from '../validate.ts';
import type { Option, Table, Values } from './table.ts';

/** `batchSize` -> `--batch-size` */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How a value is written in help: `N`, or the choices; nothing for a switch. */
export function valueText(option: Option): string {
  return option.written ?? option.kind.written;
}

/** A switch has a flag without a value. */
export function isSwitch(option: Option): boolean {
  return valueText(option) === '';
}

/** Every name under which a table knows an option, earlier ones included -> its name. */
export function namesOf(table: Table): Map<string, string> {
  const names = Object.entries<Option>(table).flatMap(([name, { aliases = [] }]) => [
    [name, name] as const,
    ...aliases.map((alias) => [alias, name] as const),
  ]);
  return new Map(names);
}

/**
 * Reads `--name value`, `--name=value` and switches, and checks the values. What follows `--` is positional.
 * @throws ThawError ERR_UNKNOWN_OPTION (with the nearest known flag), ERR_INVALID_ARGUMENT
 */
export function parseArguments<T extends Table>(
  args: readonly string[],
  table: T,
  command: string,
): { values: Values<T>; positionals: string[] } {
  const byFlag = new Map([...namesOf(table)].map(([alias, name]) => [flagOf(alias), name]));
  const type = (name: string) => (isSwitch(table[name] as Option) ? 'boolean' : 'string');
  const { tokens, positionals } = parseArgs({
    args: [...args],
    options: Object.fromEntries([...byFlag].map(([flag, name]) => [flag.slice(2), { type: type(name) }])),
    // The messages are ours.
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Record<string, unknown> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const flag = token.rawName;
    const name = byFlag.get(flag);
    const option = name === undefined ? undefined : table[name];
    if (name === undefined || !option)
      throw unknownOption(flag, Object.keys(table).map(flagOf), `for thaw ${command}`);
    if (Object.hasOwn(values, name)) throw unusable(`${flag} is given twice.`);
    values[name] = option.kind.check(flag, readValue(flag, option, token));
  }
  for (const [name, option] of Object.entries<Option>(table)) {
    if (!option.required || Object.hasOwn(values, name)) continue;
    throw unusable(`thaw ${command} needs ${flagOf(name)} ${valueText(option)}, ${option.help}.`);
  }
  return { values: values as Values<T>, positionals };
}

function readValue(
  flag: string,
  option: Option,
  { value, inlineValue }: { value: string | undefined; inlineValue: boolean | undefined },
): unknown {
  if (isSwitch(option)) {
    if (inlineValue) throw unusable(`${flag} is a switch and takes no value.`);
    return true;
  }
  if (value === undefined || (!inlineValue && value.startsWith('--'))) {
    throw unusable(`${flag} needs a value: ${flag} ${valueText(option)}.`);
  }
  return option.kind.fromText ? option.kind.fromText(value) : value;
}

/** Refuses arguments that are no options. */
export function noPositionals(positionals: readonly string[], command: string): void {
  const [first] = positionals;
  if (first === undefined) return;
  throw unusable(`thaw ${command} does not take '${shortened(first)}'; see thaw ${command} --help.`);
}

export function unusable(message: string): ThawError {
  return new ThawError('ERR_INVALID_ARGUMENT', message);
}
