import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { commandHelp } from '../../lib/cli/help.ts';
import { commands } from '../../lib/cli/run.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { flagOf } from '../../lib/options/arguments.ts';
import { DOCUMENTS, PRINTED, printed, SCHEMA, schemaText } from '../../scripts/docs.ts';

const read = (file: string) => readFileSync(path.join(packageRoot(), file), 'utf8');

test.each([...DOCUMENTS])('the tables in %s are what the code says (else: npm run docs)', (file) => {
  expect(printed(read(file)).text).toBe(read(file));
});

test('the schema of configuration files is what the code says (else: npm run docs)', () => {
  expect(read(SCHEMA)).toBe(schemaText());
});

test('every table stands in a document, and none that nothing prints', () => {
  expect(DOCUMENTS.flatMap((file) => printed(read(file)).names).sort()).toEqual([...PRINTED].sort());
  expect(() => printed('<!-- printed: fits -->\n<!-- end -->')).toThrow("Nothing is printed as 'fits'.");
});

test('a table that was changed by hand is printed anew', () => {
  const [file = ''] = DOCUMENTS;
  const changed = read(file).replace('| `epochs` | a positive integer | `1` |', '| `epochs` | any | `7` |');
  expect(changed).not.toBe(read(file));
  expect(printed(changed).text).toBe(read(file));
});

test.each(commands.map((command) => [command.name, command] as const))(
  'every flag of thaw %s stands in its usage, its help and docs/cli.md',
  (name, command) => {
    const help = commandHelp(command);
    const usage = help.slice(help.indexOf(`thaw ${name} `)).split('\n\n')[0] ?? '';
    const cli = read('docs/cli.md');
    const section = cli.slice(cli.indexOf(`## thaw ${name}\n`)).split('\n## ')[0] ?? '';
    for (const flag of Object.keys(command.options).map(flagOf)) {
      const whole = new RegExp(`${flag}\\b(?!-)`);
      expect(usage).toMatch(whole);
      expect(help.replace(usage, '')).toMatch(whole);
      expect(section.match(new RegExp(whole, 'g'))?.length).toBeGreaterThan(1);
    }
  },
);
