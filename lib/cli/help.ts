import type { OptionSpec } from '../config/options.ts';
import { flagOf, valueText } from './args.ts';
import type { Command } from './context.ts';

const width = 100;
const indent = 30;

/** The options, a group a paragraph, wrapped to 100 columns. */
export function optionsHelp(options: Record<string, OptionSpec>): string {
  const groups = new Map<string, string[]>();
  for (const [name, spec] of Object.entries(options)) {
    const lines = groups.get(spec.group) ?? [];
    groups.set(spec.group, lines);
    const flag = `  ${flagOf(name)} ${valueText(spec)}`.trimEnd();
    const shown = spec.default === undefined ? spec.help : `${spec.help} (default ${spec.default})`;
    const [first = '', ...more] = wrap(shown, width - indent);
    if (flag.length < indent - 1) lines.push(flag.padEnd(indent) + first);
    else lines.push(flag, ' '.repeat(indent) + first);
    lines.push(...more.map((line) => ' '.repeat(indent) + line));
  }
  return [...groups].map(([group, lines]) => `${group}\n${lines.join('\n')}\n`).join('\n');
}

export function commandHelp(command: Command): string {
  return `${command.summary}\n\nUsage: ${command.usage}\n\n${command.help()}`;
}

export function overview(commands: readonly Command[], version: string): string {
  const longest = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(longest)}  ${summary}`);
  return `thaw ${version}: fine-tune ResNet-50 from Node.js\n\nUsage: thaw COMMAND [OPTIONS]\n\n${lines.join('\n')}\n\nthaw COMMAND --help explains a command.\n`;
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}
