import { optionsHelp, synopsis } from '../options/help.ts';
import type { Command } from './context.ts';

export function commandHelp({ name, summary, options, operands, notes }: Command): string {
  const usage = synopsis(name, options, operands);
  return [summary, `Usage:\n${usage}`, ...(notes ? [notes] : []), optionsHelp(options)].join('\n\n');
}

export function overview(commands: readonly Command[], version: string): string {
  const longest = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`);
  return `thaw ${version}: fine-tune ResNet-50 from Node.js\n\nUsage: thaw COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nthaw COMMAND --help explains a command.\n`;
}
