/**
 * `npm run prebuild -- [--cpu | --cuda]`: prebuilds/<platform>/thaw.cpu.node or thaw.cuda.node, for the npm
 * package. libtorch stays out: an addon finds it through the link that `thaw setup` makes.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { parseSetupArguments, SETUP_USAGE } from '../lib/setup/arguments.ts';
import { prebuiltFile } from '../lib/setup/prebuilt.ts';
import { setup } from '../lib/setup/setup.ts';
import { readState } from '../lib/setup/state.ts';

async function prebuild(argv: readonly string[]): Promise<void> {
  const wanted = parseSetupArguments(argv);
  if (wanted === 'help') {
    console.log(SETUP_USAGE.replace('npm run setup', 'npm run prebuild'));
    return;
  }
  if (wanted.buildDir !== 'build') {
    throw new ThawError(
      'ERR_INVALID_ARGUMENT',
      'prebuildify knows the folder build only: leave --build-dir out.',
    );
  }
  const root = packageRoot();
  await setup(root, wanted, process.env);
  const cuda = readState(path.join(root, 'build'))?.libtorch.useCuda ?? false;
  const file = prebuiltFile(root, cuda);
  const { status } = spawnSync(
    path.join(root, 'node_modules', '.bin', 'prebuildify'),
    [
      ...['--napi', '--strip', '--name', path.basename(file, '.node')],
      ...['--target', process.versions.node, '--node-gyp', path.join(root, 'scripts', 'node-gyp-shim.mjs')],
    ],
    { cwd: root, stdio: 'inherit' },
  );
  if (status !== 0) throw new ThawError('ERR_BUILD', 'prebuildify failed; its message stands above.');
  // prebuildify has moved the addon away; the next setup must not take it for built.
  await setup(root, { ...wanted, quiet: true }, process.env);
  console.error(`${file} is ready`);
}

try {
  await prebuild(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw prebuild: ${error.message} [${error.code}]`);
  process.exitCode = ['ERR_INVALID_ARGUMENT', 'ERR_UNKNOWN_OPTION'].includes(error.code) ? 2 : 1;
}
