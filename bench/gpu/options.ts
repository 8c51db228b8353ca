import { parseArgs } from 'node:util';
import { ThawError } from '../../lib/errors.ts';
import { oneOf, positiveInteger } from '../../lib/validate.ts';

export const SECTIONS = ['checks', 'speed', 'photographs'] as const;
export type Section = (typeof SECTIONS)[number];

/** Of PyTorch; peers/gpu.py says what they are. */
const VARIANTS = ['eager', 'compiled'] as const;

export interface GpuBenchOptions {
  device: 'cuda' | 'cpu';
  /** Some images and steps only: whether it works, not how fast. */
  quick: boolean;
  sections: readonly Section[];
  /** Of the section `speed`; undefined: all. */
  tasks: readonly string[] | undefined;
  /** Of PyTorch; undefined: eager, and on a GPU compiled. */
  variants: readonly string[] | undefined;
  runs: number;
  /** Inside the package. */
  buildDir: string;
  python: string;
  out: string;
}

export const USAGE = `npm run bench:gpu -- [OPTIONS]

Builds thaw against the torch that is there, compares its results on the CPU and on the GPU, and measures it beside
PyTorch on the same GPU. Needs no network, no npm and no package: Node, cmake, ninja, a C++ compiler, and a Python with
torch and torchvision.

  LIBTORCH          a folder with include/ and lib/ (default: torch/ of that Python)
  NODE_API_INCLUDE  a folder with node_api.h (default: beside this Node)
  DATA              a folder with train/, a folder a class in it
  WEIGHTS           a TorchScript file of a ResNet-50

  --only LIST       of ${SECTIONS.join(', ')}; numbers of the others stay in the file
  --tasks LIST      of the section speed
  --variants LIST   of PyTorch: eager, compiled
  --runs N          of each measurement, in turns (default 3)
  --device D        cuda (default) or cpu
  --quick           whether it works, not how fast
  --build-dir D     a folder name inside the package (default build-bench)
  --python PY       (default python3)
  --out FILE        (default bench/results/gpu.json; bench/work/gpu.json with --quick)`;

/** @throws ThawError ERR_INVALID_ARGUMENT */
export function gpuBenchOptions(args: readonly string[]): GpuBenchOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const quick = values.quick ?? false;
  return {
    device: oneOf('--device', values.device ?? 'cuda', ['cuda', 'cpu'] as const),
    quick,
    sections: values.only ? list(values.only).map((name) => oneOf('--only', name, SECTIONS)) : SECTIONS,
    tasks: values.tasks === undefined ? undefined : list(values.tasks),
    variants: values.variants
      ? list(values.variants).map((name) => oneOf('--variants', name, VARIANTS))
      : undefined,
    runs: positiveInteger('--runs', Number(values.runs ?? (quick ? 1 : 3))),
    buildDir: values['build-dir'] ?? 'build-bench',
    python: values.python ?? 'python3',
    out: values.out ?? `bench/${quick ? 'work' : 'results'}/gpu.json`,
  };
}

function list(text: string): string[] {
  return text.split(',').filter((name) => name !== '');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        device: { type: 'string' },
        quick: { type: 'boolean' },
        only: { type: 'string' },
        tasks: { type: 'string' },
        variants: { type: 'string' },
        runs: { type: 'string' },
        'build-dir': { type: 'string' },
        python: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new ThawError('ERR_INVALID_ARGUMENT', (error as Error).message.split('. ')[0] ?? '');
  }
}
