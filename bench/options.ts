import path from 'node:path';
import { parseArgs } from 'node:util';
import { ThawError } from '../lib/errors.ts';
import { KERNELS } from '../lib/options/run.ts';
import { closest, oneOf, positiveInteger } from '../lib/validate.ts';
import { TASKS, type Task } from './measuring/levels.ts';

/** Everything that a call can say; a flag without a value is a switch. */
const FLAGS = {
  data: {
    value: 'DIR',
    help: 'a folder with train/ and validation/, a folder a class in each; else images are drawn',
  },
  weights: {
    value: 'FILE',
    help: "a TorchScript file of a ResNet-50 with ImageNet's 1000 classes (else what fetch-weights made)",
  },
  python: {
    value: 'PY',
    help: "a Python with the peers' packages (else THAW_BENCH_PYTHON, else python3 on the PATH)",
  },
  device: { value: 'D', help: 'cpu (default) or cuda, of everyone that is measured' },
  kernels: { value: 'K', help: "handed on to thaw as its option of that name; else thaw's default" },
  systems: { value: 'A,B', help: 'only systems whose names begin so, such as thaw,pytorch,tfjs-node' },
  levels: { value: 'A,B', help: `only these of ${TASKS.join(', ')}` },
  epochs: { value: 'N', help: 'of end-to-end (10)' },
  runs: { value: 'N', help: 'repetitions, or seeds (3)' },
  precision: { value: 'P', help: 'float32 or bfloat16, where a scenario measures both' },
  'up-to': { value: 'N', help: 'the most images of growth (100000)' },
  quick: { help: 'a few images only: whether it works, not how fast; ends within minutes' },
  full: { help: 'end-to-end measures every epoch of every system, and extrapolates nothing' },
  markdown: { help: 'prints the table as Markdown' },
  out: {
    value: 'FILE',
    help: 'where the numbers of one scenario go as JSON, in place of bench/results/SCENARIO.json',
  },
  help: { help: 'this' },
} as const satisfies Record<string, { value?: string; help: string }>;

export const USAGE = Object.entries<{ value?: string; help: string }>(FLAGS)
  .map(([name, { value = '', help }]) => `  ${`--${name} ${value}`.padEnd(17)}${help}`)
  .join('\n');

export type BenchOptions = Exclude<ReturnType<typeof benchOptions>, 'help'>;
export type Device = BenchOptions['device'];

/**
 * @param known the scenarios
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function benchOptions(args: readonly string[], known: readonly string[]) {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  for (const name of positionals) {
    if (known.includes(name)) continue;
    const nearest = closest(name, known);
    const hint = nearest ? `; did you mean ${nearest}?` : '.';
    throw wrong(`Expected scenarios of ${known.join(', ')} but received ${name}${hint}`);
  }
  if (values.out !== undefined && positionals.length !== 1)
    throw wrong('--out takes the numbers of one scenario: name it.');
  if (values.quick && values.full) throw wrong('Give either --quick or --full, not both.');
  const { quick = false, full = false, markdown = false } = values;
  return {
    /** In the order in which they run; none: all that there are for the device. */
    scenarios: positionals,
    data: values.data,
    weights: values.weights,
    python: values.python,
    device: oneOf('--device', values.device ?? 'cpu', ['cpu', 'cuda'] as const),
    /** Undefined: the device's own. */
    kernels: values.kernels === undefined ? undefined : oneOf('--kernels', values.kernels, KERNELS),
    /** Undefined: as many as the scenario says. */
    runs: count('--runs', values.runs),
    epochs: count('--epochs', values.epochs) ?? (quick ? 2 : 10),
    /** Undefined: those of the scenario. */
    levels: list(values.levels)?.map((level): Task => oneOf('--levels', level, TASKS)),
    /** Beginnings of names; undefined: every system at hand. */
    systems: list(values.systems),
    /** Undefined: every precision of the scenario. */
    precision:
      values.precision === undefined
        ? undefined
        : oneOf('--precision', values.precision, ['float32', 'bfloat16'] as const),
    upTo: count('--up-to', values['up-to']) ?? (quick ? 300 : 100_000),
    quick,
    full,
    markdown,
    out: values.out,
    /** How to repeat one of the scenarios. */
    commandLine: (scenario: string) => commandLine(scenario, values),
  };
}

/** Without --python and --out, files by their names alone: where something lies is no part of a measurement. */
function commandLine(scenario: string, { python: _, out: __, markdown: ___, ...values }: Values): string {
  const flags = Object.entries(values).map(([name, value]) => {
    if (value === true) return `--${name}`;
    return `--${name} ${['data', 'weights'].includes(name) ? path.basename(String(value)) : value}`;
  });
  return ['npm run bench --', scenario, ...flags].join(' ');
}

function wrong(message: string): ThawError {
  return new ThawError('ERR_INVALID_ARGUMENT', message);
}

function count(flag: string, text: string | undefined): number | undefined {
  return text === undefined ? undefined : positiveInteger(flag, Number(text));
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(',').map((part) => part.trim());
}

type Values = {
  [Name in keyof typeof FLAGS]?: (typeof FLAGS)[Name] extends { value: string } ? string : boolean;
};

function parse(args: readonly string[]): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(
    Object.entries(FLAGS).map(([name, flag]) => [
      name,
      { type: 'value' in flag ? ('string' as const) : ('boolean' as const) },
    ]),
  );
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    // Node says further what dashes mean, which is of no help here.
    throw wrong(`${(error as Error).message.split('. ')[0]}; see --help.`);
  }
}
