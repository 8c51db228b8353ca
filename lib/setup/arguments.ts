import type { Variant } from '../libtorch/find.ts';
import { noPositionals, parseArguments, unusable } from '../options/arguments.ts';
import { setupFlags } from '../options/commands.ts';
import { optionsHelp } from '../options/help.ts';
import { commandHere } from '../system/command-here.ts';
import { invalid } from '../validate.ts';

export interface SetupArguments {
  /** Undefined: as the last setup of this build folder did, `auto` for the first. */
  readonly variant: Variant | undefined;
  readonly version: string | undefined;
  /** A folder name inside the package. */
  readonly buildDir: string;
  readonly tests: boolean;
  readonly quiet: boolean;
}

export const SETUP_USAGE = `Usage: ${commandHere('setup [options]')}

Finds or fetches libtorch, builds the addon and the TypeScript; does only what is not done yet.

${optionsHelp(setupFlags)}
What is not given stays as the last setup of the same build folder had it.
Environment: LIBTORCH, THAW_CACHE, THAW_LIBTORCH_URL, THAW_LIBTORCH_CUDA, THAW_PIP_ARGS, PYTHON, CXX.`;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION */
export function parseSetupArguments(argv: readonly string[]): SetupArguments | 'help' {
  if (argv.includes('--help') || argv.includes('-h')) return 'help';
  const { values, positionals } = parseArguments(argv, setupFlags, 'setup');
  noPositionals(positionals, 'setup');
  if (values.cpu && values.cuda) throw unusable('--cpu and --cuda exclude each other.');
  const { buildDir = setupFlags.buildDir.default, libtorchVersion, tests = false, quiet = false } = values;
  // The addon finds libtorch from where it lies: two folders below the package's root.
  if (!/^[\w-]+$/.test(buildDir)) throw invalid('--build-dir', 'a folder name inside the package', buildDir);
  return {
    variant: values.cpu ? 'cpu' : values.cuda ? 'cuda' : undefined,
    version: libtorchVersion,
    buildDir,
    tests,
    quiet,
  };
}
