import { parseArgs } from 'node:util';
import { ThawError } from '../lib/errors.ts';
import { closest, oneOf, positiveInteger } from '../lib/validate.ts';
import { LEVELS, type Level } from './measuring/levels.ts';

export interface BenchOptions {
  /** In the order in which they run. */
  scenarios: readonly string[];
  /** A folder that holds `train` and `validation`, each a folder of class folders; undefined: drawn. */
  data: string | undefined;
  /** A weights file of a ResNet-50 with 1000 classes; undefined: the one that fetch-weights keeps. */
  weights: string | undefined;
  python: string | undefined;
  /** Undefined: as many as the scenario says. */
  runs: number | undefined;
  epochs: number;
  /** Undefined: every level. */
  levels: readonly Level[] | undefined;
  /** Names or beginnings of names; undefined: every system at hand. */
  systems: readonly string[] | undefined;
  /** Undefined: every precision of the scenario. */
  precision: 'float32' | 'bfloat16' | undefined;
  /** The most images that `growth` goes up to. */
  upTo: number;
  quick: boolean;
  /** Nothing is extrapolated. */
  full: boolean;
  /** The table for a document. */
  markdown: boolean;
  out: string | undefined;
}

const FLAGS = {
  data: { type: 'string' },
  weights: { type: 'string' },
  python: { type: 'string' },
  runs: { type: 'string' },
  epochs: { type: 'string' },
  levels: { type: 'string' },
  systems: { type: 'string' },
  precision: { type: 'string' },
  'up-to': { type: 'string' },
  quick: { type: 'boolean' },
  full: { type: 'boolean' },
  markdown: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws ThawError ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT */
export function benchOptions(args: readonly string[], scenarios: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  for (const name of positionals) {
    if (scenarios.includes(name)) continue;
    const nearest = closest(name, scenarios);
    const hint = nearest ? `; did you mean ${nearest}?` : '.';
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected scenarios of ${scenarios.join(', ')} but received ${name}${hint}`,
    );
  }
  if (values.out !== undefined && positionals.length !== 1)
    throw new ThawError('ERR_INVALID_ARGUMENT', '--out takes the numbers of one scenario: name it.');
  if (values.quick && values.full)
    throw new ThawError('ERR_INVALID_ARGUMENT', 'Give either --quick or --full, not both.');
  return {
    scenarios: positionals.length > 0 ? positionals : scenarios,
    data: values.data,
    weights: values.weights,
    python: values.python,
    runs: count('--runs', values.runs),
    epochs: count('--epochs', values.epochs) ?? (values.quick ? 2 : 10),
    levels: list(values.levels)?.map((level) => oneOf('--levels', level, LEVELS)),
    systems: list(values.systems),
    precision:
      values.precision === undefined
        ? undefined
        : oneOf('--precision', values.precision, ['float32', 'bfloat16'] as const),
    upTo: count('--up-to', values['up-to']) ?? (values.quick ? 300 : 100_000),
    quick: values.quick ?? false,
    full: values.full ?? false,
    markdown: values.markdown ?? false,
    out: values.out,
  };
}

function count(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positiveInteger(flag, Number(text));
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim());
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: FLAGS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') throw new ThawError('ERR_INVALID_ARGUMENT', message);
    const flag = /'(--?[^ '=]+)/.exec(message)?.[1] ?? '';
    const flags = Object.keys(FLAGS).map((name) => `--${name}`);
    const nearest = closest(flag, flags);
    const hint = nearest ? `; did you mean ${nearest}?` : `; it takes ${flags.join(', ')}.`;
    throw new ThawError('ERR_UNKNOWN_OPTION', `Unknown option ${flag} for thaw bench${hint}`);
  }
}
