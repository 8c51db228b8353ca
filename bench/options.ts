import path from 'node:path';
import { flagOf, parseArguments, unusable } from '../lib/options/arguments.ts';
import { optionsHelp } from '../lib/options/help.ts';
import { oneOf, type Simple, text, yesNo } from '../lib/options/kinds.ts';
import { count, run } from '../lib/options/run.ts';
import type { Kind, Table, Values } from '../lib/options/table.ts';
import { TASKS } from './measuring/levels.ts';

const file = text('the path of a file', 'FILE');

/** Everything that a call can say. */
const FLAGS = {
  data: flag(
    text('a folder', 'DIR'),
    'a folder with train/ and validation/, a folder a class in each',
    'drawn',
  ),
  weights: flag(file, "TorchScript of a ResNet-50 with ImageNet's 1000 classes", 'what fetch-weights made'),
  python: flag(
    text('a Python', 'PY'),
    "with the peers' packages",
    'THAW_BENCH_PYTHON, or python3 on the PATH',
  ),
  device: flag(oneOf(['cpu', 'cuda']), 'of everyone that is measured', 'cpu'),
  kernels: flag(run.kernels.kind, 'handed on to thaw as its option of that name', "thaw's own"),
  systems: flag(
    commas(text('names')),
    'only systems whose names begin so: thaw,pytorch,tfjs-node',
    'all at hand',
  ),
  levels: flag(commas(oneOf(TASKS)), `only these of ${TASKS.join(', ')}`, "the scenario's"),
  epochs: flag(count, 'of end-to-end', '10'),
  runs: flag(count, 'repetitions, or seeds', '3'),
  precision: flag(oneOf(['float32', 'bfloat16']), 'where a scenario measures both', 'both'),
  upTo: flag(count, 'the most images of growth', '100000'),
  quick: flag(yesNo, 'a few images only: whether it works, not how fast; ends within minutes'),
  full: flag(yesNo, 'end-to-end measures every epoch of every system, and extrapolates nothing'),
  out: flag(file, 'where the numbers of one scenario go as JSON', 'bench/results/SCENARIO.json'),
  help: flag(yesNo, 'this'),
} as const satisfies Table;

function flag<K>(kind: K, help: string, otherwise?: string) {
  return { kind, help, group: 'Run', ...(otherwise !== undefined && { otherwise }) } as const;
}

export const USAGE = optionsHelp(FLAGS);

export type BenchOptions = Exclude<ReturnType<typeof benchOptions>, 'help'>;
export type Device = BenchOptions['device'];

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function benchOptions(args: readonly string[]) {
  const { values, positionals } = parseArguments(args, FLAGS, 'bench');
  if (values.help) return 'help';
  if (values.out !== undefined && positionals.length !== 1)
    throw unusable('--out takes the numbers of one scenario: name it.');
  const { quick = false, full = false } = values;
  if (quick && full) throw unusable('Give either --quick or --full, not both.');
  return {
    device: 'cpu' as const,
    epochs: quick ? 2 : 10,
    upTo: quick ? 300 : 100_000,
    ...values,
    quick,
    full,
    /** Names, in the order in which they run; none: all that there are for the device. */
    scenarios: positionals,
    /** How to repeat one of the scenarios. */
    commandLine: (scenario: string) => commandLine(scenario, values),
  };
}

/** Without --python and --out, files by their names alone: where something lies is no part of a measurement. */
function commandLine(scenario: string, { python: _, out: __, ...values }: Values<typeof FLAGS>): string {
  const flags = Object.entries(values).map(([name, value]) => {
    if (value === true) return flagOf(name);
    return `${flagOf(name)} ${['data', 'weights'].includes(name) ? path.basename(String(value)) : value}`;
  });
  return ['npm run bench --', scenario, ...flags].join(' ');
}

function commas<T>(kind: Simple<T>): Kind<readonly T[]> {
  return {
    expected: `${kind.expected}, separated by commas`,
    written: 'A,B',
    fromText: (given) => given.split(',').map((part) => part.trim()),
    check: (name, value) => (value as readonly unknown[]).map((each) => kind.check(name, each) as T),
  };
}
