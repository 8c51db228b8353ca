/** The tables of docs/, and the JSON schema of a configuration file. */
import { ERRORS } from '../errors.ts';
import { flagOf, namesOf, valueText } from './arguments.ts';
import type { Family } from './family.ts';
import { flagHelp } from './help.ts';
import { GROUPS, type Option, type Table } from './table.ts';

/** Of a call's options. */
export function optionTable(table: Table): string {
  return markdown(['option', '', 'default', ''], optionRows(table));
}

/** Of a family: what each member is, and its options. */
export function familyTable(family: Family): string {
  const rows = Object.entries(family).flatMap(([kind, { help, options }]) => [
    [code(kind), '', '', help],
    ...optionRows(options, '· '),
  ]);
  return markdown(['', '', 'default', ''], rows);
}

/** Options within an option follow it. */
function optionRows(table: Table, before = ''): string[][] {
  return Object.entries<Option>(table).flatMap(([name, option]) => [
    [before + code(name), option.kind.expected, defaultText(option), option.help],
    ...(option.kind.options ? optionRows(option.kind.options, `${before}· `) : []),
  ]);
}

/** Of a command's flags. */
export function flagTable(table: Table): string {
  const rows = GROUPS.flatMap((group) =>
    Object.entries<Option>(table)
      .filter(([, option]) => option.group === group)
      .map(([name, option]) => [code(`${flagOf(name)} ${valueText(option)}`.trim()), flagHelp(option)]),
  );
  return markdown(['flag', ''], rows);
}

export function commandTable(
  commands: readonly { name: string; summary: string; operands?: string }[],
): string {
  const rows = commands.map(({ name, summary, operands }) => [
    code(['thaw', name, '[OPTIONS]', operands].filter(Boolean).join(' ')),
    summary,
  ]);
  return markdown(['command', ''], rows);
}

export function errorTable(): string {
  return markdown(
    ['code', ''],
    ERRORS.map(({ about, codes }) => [codes.map(code).join(', '), about]),
  );
}

/** A JSON schema (2020-12) of an object with these options, all of them optional and no others. */
export function jsonSchema(table: Table): object {
  const properties = [...namesOf(table)].map(([alias, name]) => {
    const option = table[name] as Option;
    const deprecated = alias === name ? {} : { deprecated: true };
    const value = option.default === undefined ? {} : { default: option.default };
    return [alias, { ...option.kind.schema, description: flagHelp(option), ...value, ...deprecated }];
  });
  return { type: 'object', additionalProperties: false, properties: Object.fromEntries(properties) };
}

function defaultText({ default: value, otherwise, required }: Option): string {
  if (required) return 'required';
  if (value === undefined) return otherwise ?? '';
  if (Array.isArray(value)) return code(`[${value.map((item) => `'${item}'`).join(', ')}]`);
  return code(typeof value === 'string' ? `'${value}'` : `${value}`);
}

function code(text: string): string {
  return `\`${text}\``;
}

function markdown(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(heading), `|${'---|'.repeat(heading.length)}`, ...rows.map(line)].join('\n');
}
