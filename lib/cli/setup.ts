import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ThawError } from '../errors.ts';
import { setupFlags } from '../options/commands.ts';
import { reasonOf } from '../reason.ts';
import { type Command, type CommandContext, exitCodes, interruptedCode } from './context.ts';

export const setupCommand: Command = {
  name: 'setup',
  summary: 'Bring libtorch and build what is native.',
  options: setupFlags,
  notes: 'What is not given stays as the last setup of the same build folder had it.',
  run: setup,
};

async function setup(args: readonly string[], context: CommandContext): Promise<number> {
  // Beside dist/lib/ when built, beside lib/ when run from source.
  const script = ['.js', '.ts']
    .map((suffix) => fileURLToPath(new URL(`../../scripts/setup${suffix}`, import.meta.url)))
    .find((path) => existsSync(path));
  if (script === undefined) {
    throw new ThawError(
      'ERR_SETUP_MISSING',
      'The setup script is missing from this installation; install thaw again.',
    );
  }
  return new Promise((resolve, reject) => {
    // The loader that runs this file (none when built) runs the script as well.
    const child = spawn(process.execPath, [...process.execArgv, script, ...args], {
      stdio: 'inherit',
      cwd: context.cwd,
    });
    child.once('error', (cause) =>
      reject(
        new ThawError('ERR_SETUP_FAILED', `The setup cannot be started: ${reasonOf(cause)}.`, { cause }),
      ),
    );
    // From a terminal the script has the signal as well; from elsewhere only this process.
    const stop = () => child.kill();
    context.signal.addEventListener('abort', stop, { once: true });
    child.once('exit', (code) => {
      context.signal.removeEventListener('abort', stop);
      resolve(context.signal.aborted ? interruptedCode(context.signal) : (code ?? exitCodes.failed));
    });
  });
}
