import { readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import * as thaw from '../../lib/index.ts';

/** What a program's statements share: its variables by name. */
export type Scope = Record<string, unknown>;

interface Block {
  heading: string;
  language: string;
  code: string;
}

/** The fenced blocks of a document: each is taken once, by the heading above it and its language. */
export class Document {
  readonly text: string;
  readonly #blocks: Block[] = [];

  constructor(file: string) {
    this.text = readFileSync(path.join(packageRoot(), file), 'utf8');
    for (const section of this.text.split(/^(?=#+ )/m)) {
      const heading = /^#+ (.*)/.exec(section)?.[1] ?? '';
      for (const [, language = '', code = ''] of section.matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
        this.#blocks.push({ heading, language, code });
      }
    }
  }

  /** The next block in this language below this heading; `changes` are replaced in it, and have to stand there. */
  take(heading: string, language: string, changes: Readonly<Record<string, string>> = {}): string {
    const found = this.#blocks.findIndex((block) => block.heading === heading && block.language === language);
    const [block] = found < 0 ? [] : this.#blocks.splice(found, 1);
    if (!block) throw new Error(`No block of ${language} is left below '${heading}'.`);
    return Object.entries(changes).reduce((code, [from, to]) => {
      if (!code.includes(from))
        throw new Error(`${from} does not stand in the ${language} below '${heading}'.`);
      return code.replaceAll(from, to);
    }, block.code);
  }

  /** Those that nothing has taken. */
  get left(): string[] {
    return this.#blocks.map(({ heading, language }) => `${heading}: ${language}`);
  }
}

// biome-ignore lint/complexity/useArrowFunction: an arrow function has no constructor of its own
const AsyncFunction = async function () {}.constructor as new (
  ...parametersAndBody: string[]
) => (...values: unknown[]) => Promise<Scope>;

/**
 * Runs a block: it sees the variables of `scope`, and those that its outermost statements declare are put there.
 * What it imports is taken from `modules`; 'thaw' is this package.
 */
export async function runBlock(
  code: string,
  scope: Scope,
  modules: Readonly<Record<string, object>> = {},
): Promise<void> {
  const known: Record<string, object> = { thaw, ...modules };
  const body = code.replaceAll(/^import (.*) from '(.*)';$/gm, (_, names: string, from: string) => {
    const module = known[from];
    if (!module) throw new Error(`Nothing stands for the module ${from}.`);
    if (!names.startsWith('{')) {
      scope[names.replace('* as ', '')] = module;
      return '';
    }
    for (const name of identifiers(names)) {
      if (!(name in module)) throw new Error(`${from} exports no ${name}.`);
      scope[name] = (module as Scope)[name];
    }
    return '';
  });
  const declared = [
    ...body.matchAll(/^(?:const|let|class|(?:async )?function) (\{.*?\}|\[.*?\]|\w+)/gm),
  ].flatMap(([, names = '']) => identifiers(names));
  const seen = Object.keys(scope).filter((name) => !declared.includes(name));
  const run = new AsyncFunction(...seen, `'use strict';\n${body}\nreturn { ${declared.join(', ')} };`);
  Object.assign(scope, await run(...seen.map((name) => scope[name])));
}

/** The names that `{ a, b: c }` and `[a, b]` bring. */
function identifiers(pattern: string): string[] {
  return pattern
    .replaceAll(/[{}[\]]/g, '')
    .split(',')
    .map((part) => part.split(':').at(-1)?.trim() ?? '')
    .filter(Boolean);
}
