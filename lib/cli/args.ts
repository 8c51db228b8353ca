import type { OptionSpec, Values } from '../config/options.ts';
import { checkValues, UsageError, unknownOption } from '../config/validate.ts';

export interface ParsedArguments<T extends Record<string, OptionSpec>> {
  values: Values<T>;
  positionals: string[];
}

/**
 * Reads `--name value`, `--name=value` and switches, and checks the values against the options' schema.
 * Everything after `--` is positional.
 * @throws UsageError ERR_UNKNOWN_OPTION (with the nearest known flag), ERR_INVALID_ARGUMENT
 */
export function parseArguments<T extends Record<string, OptionSpec>>(
  args: readonly string[],
  options: T,
  command: string,
): ParsedArguments<T> {
  const byFlag = new Map(Object.keys(options).map((name) => [flagOf(name), name]));
  const values: Record<string, unknown> = {};
  const positionals: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const argument = args[i] as string;
    if (argument === '--') {
      positionals.push(...args.slice(i + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      positionals.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const flag = equals < 0 ? argument : argument.slice(0, equals);
    const name = byFlag.get(flag);
    const spec = name === undefined ? undefined : options[name];
    if (name === undefined || !spec) throw unknownOption(flag, [...byFlag.keys()], `for thaw ${command}`);
    if (Object.hasOwn(values, name)) throw unusable(`${flag} is given twice.`);
    if (spec.schema.type === 'boolean') {
      if (equals >= 0) throw unusable(`${flag} is a switch and takes no value.`);
      values[name] = true;
      continue;
    }
    const value = equals >= 0 ? argument.slice(equals + 1) : args[++i];
    if (value === undefined || (equals < 0 && value.startsWith('--'))) {
      throw unusable(`${flag} needs a value: ${flag} ${valueText(spec)}.`);
    }
    values[name] = convert(value, spec);
  }
  checkValues(values, options, `for thaw ${command}`, flagOf);
  return { values: values as Values<T>, positionals };
}

/** Refuses arguments that are no options. */
export function noPositionals(positionals: readonly string[], command: string): void {
  if (positionals.length > 0)
    throw unusable(`thaw ${command} does not take '${positionals[0]}'; see thaw ${command} --help.`);
}

/** A text that is no number stays one, so that the schema refuses it by what was written. */
function convert(value: string, spec: OptionSpec): string | number {
  if (spec.schema.type === 'string') return value;
  const number = Number(value);
  return value.trim() === '' || Number.isNaN(number) ? value : number;
}

/** `batchSize` → `--batch-size` */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** How a value is written in help: `N`, or the choices. */
export function valueText(spec: OptionSpec): string {
  return spec.value ?? spec.schema.enum?.join('|') ?? '';
}

export function unusable(message: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', message);
}
