/** `npm run setup`: libtorch, the addon, dist/. `--help` lists the options. */
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { parseSetupArguments, SETUP_USAGE } from '../lib/setup/arguments.ts';
import { setup } from '../lib/setup/setup.ts';

try {
  const wanted = parseSetupArguments(process.argv.slice(2));
  if (wanted === 'help') console.log(SETUP_USAGE);
  else await setup(packageRoot(), wanted, process.env);
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw setup: ${error.message} [${error.code}]`);
  process.exitCode = ['ERR_INVALID_ARGUMENT', 'ERR_UNKNOWN_OPTION'].includes(error.code) ? 2 : 1;
}
