import { parseArgs } from 'node:util';
import { ThawError } from '../lib/errors.ts';
import { closest, oneOf, positiveInteger } from '../lib/validate.ts';

export interface BenchOptions {
  scenario: string;
  /** A folder that holds `train` and `validation`, each a folder of class folders. */
  data: string | undefined;
  /** A TorchScript file of a ResNet-50 with 1000 classes. */
  weights: string | undefined;
  python: string | undefined;
  /** Undefined: as many as the scenario says. */
  runs: number | undefined;
  /** Undefined: every precision of the scenario. */
  precision: 'float32' | 'bfloat16' | undefined;
  quick: boolean;
  out: string | undefined;
}

const FLAGS = {
  data: { type: 'string' },
  weights: { type: 'string' },
  python: { type: 'string' },
  runs: { type: 'string' },
  precision: { type: 'string' },
  quick: { type: 'boolean' },
  out: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @throws ThawError ERR_UNKNOWN_OPTION, ERR_INVALID_ARGUMENT */
export function benchOptions(args: readonly string[], scenarios: readonly string[]): BenchOptions | 'help' {
  const { values, positionals } = parse(args);
  if (values.help) return 'help';
  const [scenario, ...more] = positionals;
  if (scenario === undefined || !scenarios.includes(scenario) || more.length > 0) {
    const given = more.length > 0 ? positionals.join(' ') : (scenario ?? 'nothing');
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      `Expected one scenario of ${scenarios.join(', ')} but received ${given}.`,
    );
  }
  return {
    scenario,
    data: values.data,
    weights: values.weights,
    python: values.python,
    runs: values.runs === undefined ? undefined : positiveInteger('--runs', Number(values.runs)),
    precision:
      values.precision === undefined
        ? undefined
        : oneOf('--precision', values.precision, ['float32', 'bfloat16'] as const),
    quick: values.quick ?? false,
    out: values.out,
  };
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
