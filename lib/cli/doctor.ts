import { noPositionals, parseArguments } from './args.ts';
import { outputOptions } from './common.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { optionsHelp } from './help.ts';
import { writeJsonLine } from './output.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Say what is installed, what is missing, and what to do about it.',
  usage: 'thaw doctor [--json]',
  help: () =>
    `The exit code is 1 where something is missing that training needs.\n\n${optionsHelp(outputOptions)}`,
  run: doctor,
};

async function doctor(args: readonly string[], { stdout, env }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, outputOptions, 'doctor');
  noPositionals(positionals, 'doctor');
  const [{ runDoctor, formatDoctor }, { native }] = await Promise.all([
    import('../doctor.ts'),
    import('../native.ts'),
  ]);
  const report = await runDoctor(() => native().info(), { env });
  if (values.json) writeJsonLine(stdout, report);
  else stdout.write(formatDoctor(report));
  return report.some(({ status }) => status === 'missing') ? exitCodes.failed : exitCodes.done;
}
