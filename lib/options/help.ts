import { flagOf, isSwitch, valueText } from './arguments.ts';
import { GROUPS, type Option, type Table } from './table.ts';

const width = 100;
const indent = 30;

/** Every flag with its value: `thaw predict --model FILE [--top-k N] ... IMAGE...`, wrapped. */
export function synopsis(command: string, table: Table, operands = ''): string {
  const parts = Object.entries<Option>(table).map(([name, option]) => {
    const flag = isSwitch(option) ? flagOf(name) : `${flagOf(name)} ${valueText(option)}`;
    return option.required ? flag : `[${flag}]`;
  });
  const start = `thaw ${command} `;
  const lines = wrap([...parts, ...(operands === '' ? [] : [operands])], width - start.length);
  return start + lines.join(`\n${' '.repeat(start.length)}`);
}

/** The options, a group a paragraph, wrapped to 100 columns. */
export function optionsHelp(table: Table): string {
  const entries = Object.entries<Option>(table);
  const paragraphs = GROUPS.flatMap((group) => {
    const lines = entries
      .filter(([, option]) => option.group === group)
      .flatMap((entry) => helpLines(...entry));
    return lines.length > 0 ? [`${group}\n${lines.join('\n')}\n`] : [];
  });
  return paragraphs.join('\n');
}

function helpLines(name: string, option: Option): string[] {
  const flag = `  ${flagOf(name)} ${valueText(option)}`.trimEnd();
  const [first = '', ...more] = wrap(flagHelp(option).split(' '), width - indent);
  const tail = more.map((line) => ' '.repeat(indent) + line);
  if (flag.length < indent - 1) return [flag.padEnd(indent) + first, ...tail];
  return [flag, ' '.repeat(indent) + first, ...tail];
}

/** What a flag does, with its default and its earlier names. */
export function flagHelp({ help, default: value, otherwise, aliases = [] }: Option): string {
  const text = help.replace(/`(\w+)`/g, (_, name: string) => flagOf(name));
  const notes = [
    ...(value === undefined
      ? otherwise === undefined
        ? []
        : [`default: ${otherwise}`]
      : [`default ${value}`]),
    ...(aliases.length > 0 ? [`also ${aliases.map(flagOf).join(', ')}`] : []),
  ];
  return notes.length > 0 ? `${text} (${notes.join('; ')})` : text;
}

function wrap(words: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
