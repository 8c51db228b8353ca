import { noPositionals, parseArguments } from '../options/arguments.ts';
import { doctorFlags } from '../options/commands.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { writeJsonLine } from './output.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Say what is installed, what is missing, and what to do about it.',
  options: doctorFlags,
  notes: 'The exit code is 1 where something is missing that training needs.',
  run: doctor,
};

async function doctor(args: readonly string[], { stdout, env }: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, doctorFlags, 'doctor');
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
