import { type ErrorCode, ThawError } from '../errors.ts';
import { reasonOf } from '../reason.ts';
import { closest, shortened } from '../validate.ts';
import { version } from '../version.ts';
import { checkDataCommand } from './check-data.ts';
import { type Command, type CommandContext, exitCodes, interruptedCode } from './context.ts';
import { convertCommand } from './convert.ts';
import { doctorCommand } from './doctor.ts';
import { evaluateCommand } from './evaluate.ts';
import { fetchWeightsCommand } from './fetch-weights.ts';
import { commandHelp, overview } from './help.ts';
import { predictCommand } from './predict.ts';
import { setupCommand } from './setup.ts';
import { summaryCommand } from './summary.ts';
import { trainCommand } from './train.ts';
import { verifyResumeCommand } from './verify-resume.ts';

export const commands: readonly Command[] = [
  trainCommand,
  verifyResumeCommand,
  checkDataCommand,
  evaluateCommand,
  predictCommand,
  summaryCommand,
  doctorCommand,
  convertCommand,
  fetchWeightsCommand,
  setupCommand,
];

/** Codes that say that something unusable was asked for. */
const usageCodes: ReadonlySet<ErrorCode> = new Set([
  'ERR_INVALID_ARGUMENT',
  'ERR_UNKNOWN_OPTION',
  'ERR_UNKNOWN_LAYER',
  'ERR_UNKNOWN_COMMAND',
  'ERR_CONFIG_NOT_FOUND',
  'ERR_CONFIG_SYNTAX',
]);

/**
 * Runs `thaw ARGUMENTS`; never throws.
 * @returns the exit code: 0 done, 1 failed, 2 unusable arguments, 129, 130 or 143 interrupted
 */
export async function runCommandLine(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await dispatch(args, context);
  } catch (error) {
    const interrupted = context.signal.aborted && !(error instanceof ThawError);
    context.stderr.write(`thaw: ${interrupted ? 'interrupted.' : sentence(error)}\n`);
    if (args.includes('--verbose') && error instanceof Error) context.stderr.write(`${traced(error)}\n`);
    if (context.signal.aborted) return interruptedCode(context.signal);
    const unusable = error instanceof ThawError && usageCodes.has(error.code);
    return unusable ? exitCodes.usage : exitCodes.failed;
  }
}

async function dispatch([name, ...rest]: readonly string[], context: CommandContext): Promise<number> {
  if (name === '--version' || name === '-V') {
    context.stdout.write(`${version()}\n`);
    return exitCodes.done;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const command = commands.find((known) => known.name === rest[0]);
    context.stdout.write(command ? commandHelp(command) : overview(commands, version()));
    return exitCodes.done;
  }
  const command = commands.find((known) => known.name === name);
  if (!command) {
    const names = commands.map((known) => known.name);
    const nearest = closest(name, names);
    throw new ThawError(
      'ERR_UNKNOWN_COMMAND',
      `Unknown command '${shortened(name)}'${nearest ? `; did you mean ${nearest}?` : `; the commands are ${names.join(', ')}.`}`,
    );
  }
  if (rest.includes('--help') || rest.includes('-h')) {
    context.stdout.write(commandHelp(command));
    return exitCodes.done;
  }
  return command.run(rest, context);
}

/** One line, whatever was thrown. */
function sentence(error: unknown): string {
  if (error instanceof ThawError) return error.message.trim().replaceAll(/\s*\n\s*/g, ' ');
  const { path } = (error ?? {}) as NodeJS.ErrnoException;
  const what = typeof path === 'string' ? `${path}: ` : 'Something unexpected was thrown: ';
  return `${what}${reasonOf(error)} (--verbose shows where).`;
}

function traced(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${traced(error.cause)}` : stack;
}
