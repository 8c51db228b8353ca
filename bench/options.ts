import path from 'node:path';
import { flagOf, parseArguments, unusable } from '../lib/options/arguments.ts';
import { optionsHelp } from '../lib/options/help.ts';
import { oneOf, type Simple, text, yesNo } from '../lib/options/kinds.ts';
import { count, run } from '../lib/options/run.ts';
import type { Kind, Table, Values } from '../lib/options/table.ts';
import { closest } from '../lib/validate.ts';
import { TASKS } from './measuring/levels.ts';

const file = text('the path of a file', 'FILE');

/** Everything that a call can say. */
const FLAGS = {
  data: {
    kind: text('the path of a folder', 'DIR'),
    group: 'Data',
    help: 'a folder with train/ and validation/, a folder a class in each; else images are drawn',
  },
  weights: {
    kind: file,
    group: 'Data',
    help: "a TorchScript file of a ResNet-50 with ImageNet's 1000 classes; else what fetch-weights made",
  },
  python: {
    kind: text('a Python', 'PY'),
    group: 'Machine',
    help: "a Python with the peers' packages; else THAW_BENCH_PYTHON, else python3 on the PATH",
  },
  device: {
    kind: oneOf(['cpu', 'cuda']),
    default: 'cpu',
    group: 'Machine',
    help: 'of everyone that is measured',
  },
  kernels: { ...run.kernels, help: 'handed on to thaw as its option of that name' },
  systems: {
    kind: commas(text('names')),
    group: 'Run',
    help: 'only systems whose names begin so, such as thaw,pytorch,tfjs-node',
  },
  levels: { kind: commas(oneOf(TASKS)), group: 'Run', help: `only these of ${TASKS.join(', ')}` },
  epochs: { kind: count, otherwise: '10', group: 'Run', help: 'of end-to-end' },
  runs: { kind: count, otherwise: '3', group: 'Run', help: 'repetitions, or seeds' },
  precision: {
    kind: oneOf(['float32', 'bfloat16']),
    otherwise: 'both',
    group: 'Run',
    help: 'where a scenario measures both',
  },
  upTo: { kind: count, otherwise: '100000', group: 'Run', help: 'the most images of growth' },
  quick: {
    kind: yesNo,
    group: 'Run',
    help: 'a few images only: whether it works, not how fast; ends within minutes',
  },
  full: {
    kind: yesNo,
    group: 'Run',
    help: 'end-to-end measures every epoch of every system, and extrapolates nothing',
  },
  out: {
    kind: file,
    group: 'Run',
    help: 'where the numbers of one scenario go as JSON, in place of bench/results/SCENARIO.json',
  },
  help: { kind: yesNo, group: 'Run', help: 'this' },
} as const satisfies Table;

export const USAGE = optionsHelp(FLAGS);

export type BenchOptions = Exclude<ReturnType<typeof benchOptions>, 'help'>;
export type Device = BenchOptions['device'];

/**
 * @param known the scenarios
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function benchOptions(args: readonly string[], known: readonly string[]) {
  const { values, positionals } = parseArguments(args, FLAGS, 'bench');
  if (values.help) return 'help';
  for (const name of positionals) {
    if (known.includes(name)) continue;
    const nearest = closest(name, known);
    const hint = nearest ? `; did you mean ${nearest}?` : '.';
    throw unusable(`Expected scenarios of ${known.join(', ')} but received ${name}${hint}`);
  }
  if (values.out !== undefined && positionals.length !== 1)
    throw unusable('--out takes the numbers of one scenario: name it.');
  const { quick = false, full = false } = values;
  if (quick && full) throw unusable('Give either --quick or --full, not both.');
  return {
    device: FLAGS.device.default as 'cpu' | 'cuda',
    epochs: quick ? 2 : 10,
    upTo: quick ? 300 : 100_000,
    ...values,
    quick,
    full,
    /** In the order in which they run; none: all that there are for the device. */
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
