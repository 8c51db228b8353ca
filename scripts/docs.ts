/** `npm run docs`: prints the tables of docs/ anew, from what the code says of itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { commands } from '../lib/cli/run.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { compile } from '../lib/options/compile.ts';
import { datasetSplit, imageFolder, imageListing, toDataset } from '../lib/options/data.ts';
import {
  commandTable,
  errorTable,
  familyTable,
  flagTable,
  jsonSchema,
  optionTable,
} from '../lib/options/documents.ts';
import { fit } from '../lib/options/fit.ts';
import { headLayers } from '../lib/options/head-layers.ts';
import { synopsis } from '../lib/options/help.ts';
import { text } from '../lib/options/kinds.ts';
import { load, loadWeights, replaceHead, save } from '../lib/options/load.ts';
import { optimizers } from '../lib/options/optimizers.ts';
import { apply, evaluate, predict } from '../lib/options/run.ts';
import { schedules } from '../lib/options/schedules.ts';
import { trainOptions } from '../lib/options/train.ts';

const { fraction: _, ...datasetSplitOptions } = datasetSplit;

/** By the name in the marker before it: `<!-- printed: fit -->`, up to `<!-- end -->`. */
const PARTS: ReadonlyMap<string, string> = new Map([
  ...Object.entries({
    load,
    replaceHead,
    loadWeights,
    compile,
    fit,
    evaluate,
    predict,
    apply,
    save,
    imageFolder,
    imageListing,
    'dataset.split': datasetSplitOptions,
    toDataset,
  }).map(([name, table]) => [name, optionTable(table)] as const),
  ...Object.entries({ headLayers, optimizers, schedules }).map(
    ([name, family]) => [name, familyTable(family)] as const,
  ),
  ['errors', errorTable()],
  ['commands', commandTable(commands)],
  ...commands.map(
    ({ name, options, operands }) =>
      [
        `thaw ${name}`,
        `\`\`\`\n${synopsis(name, options, operands)}\n\`\`\`\n\n${flagTable(options)}`,
      ] as const,
  ),
]);

const MARKED = /<!-- printed: (.+) -->\n[\s\S]*?<!-- end -->/g;

/** The text with its tables printed anew, and the names of those that it holds. */
export function printed(document: string): { text: string; names: string[] } {
  const names: string[] = [];
  const replaced = document.replace(MARKED, (_, name: string) => {
    const part = PARTS.get(name);
    if (part === undefined) throw new TypeError(`Nothing is printed as '${name}'.`);
    names.push(name);
    return `<!-- printed: ${name} -->\n${part}\n<!-- end -->`;
  });
  return { text: replaced, names };
}

export const PRINTED = [...PARTS.keys()];
export const DOCUMENTS = ['docs/api.md', 'docs/cli.md'];

/** Of what `--config` takes, for editors. */
export const SCHEMA = 'docs/config.schema.json';
export function schemaText(): string {
  const options = { ...trainOptions, thaw: { kind: text(), help: 'the version that wrote the file' } };
  const schema = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...jsonSchema(options) };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const document of DOCUMENTS) {
    const file = path.join(packageRoot(), document);
    writeFileSync(file, printed(readFileSync(file, 'utf8')).text);
  }
  writeFileSync(path.join(packageRoot(), SCHEMA), schemaText());
}
