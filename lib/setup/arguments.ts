import { parseArgs } from 'node:util';
import { ThawError } from '../errors.ts';
import type { Variant } from '../libtorch/find.ts';

export interface SetupArguments {
  /** Undefined: as the last setup of this build folder did, `auto` for the first. */
  readonly variant: Variant | undefined;
  readonly version: string | undefined;
  /** A folder name inside the package. */
  readonly buildDir: string;
  readonly tests: boolean;
  readonly quiet: boolean;
}

export const SETUP_USAGE = `Usage: npm run setup -- [options]

Finds or fetches libtorch, builds the addon and the TypeScript; does only what is not done yet.

  --cpu | --cuda            the build of libtorch (default: CUDA where an NVIDIA driver is, else CPU)
  --libtorch-version X      another libtorch than the pinned one
  --build-dir DIR           a folder name inside the package, to keep two builds side by side (default: build)
  --tests                   builds the engine's C++ tests as well
  --quiet                   says something only when there is something to do

What is not given stays as the last setup of the same build folder had it.
Environment: LIBTORCH, THAW_CACHE, THAW_LIBTORCH_URL, THAW_LIBTORCH_CUDA, THAW_PIP_ARGS, PYTHON, CXX.`;

/** @throws ThawError ERR_INVALID_ARGUMENT */
export function parseSetupArguments(argv: readonly string[]): SetupArguments | 'help' {
  const values = parse(argv);
  if (values.help) return 'help';
  if (values.cpu && values.cuda) throw invalidArgument('--cpu and --cuda exclude each other');
  const buildDir = values['build-dir'] ?? 'build';
  // The addon finds libtorch from where it lies: two folders below the package's root.
  if (!/^[\w-]+$/.test(buildDir)) {
    throw invalidArgument(
      `Expected a folder name inside the package for --build-dir but received '${buildDir}'`,
    );
  }
  return {
    variant: values.cpu ? 'cpu' : values.cuda ? 'cuda' : undefined,
    version: values['libtorch-version'],
    buildDir,
    tests: values.tests ?? false,
    quiet: values.quiet ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        cpu: { type: 'boolean' },
        cuda: { type: 'boolean' },
        quiet: { type: 'boolean' },
        tests: { type: 'boolean' },
        'libtorch-version': { type: 'string' },
        'build-dir': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw invalidArgument((error as Error).message.split('. ')[0] ?? '');
  }
}

function invalidArgument(problem: string): ThawError {
  return new ThawError('ERR_INVALID_ARGUMENT', `${problem}.`);
}
