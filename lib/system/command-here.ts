import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../files/package-root.ts';

/** Commands with a script of their own in package.json, which builds first what they need. */
const SCRIPTS: readonly string[] = ['setup', 'train', 'fetch-weights'];

/**
 * A command of `thaw` as it can be typed where this package is: in a clone through npm's scripts, beside an installed
 * package through its program.
 * @param command without the program's name: `setup --cuda`
 */
export function commandHere(command: string, root: string = packageRoot()): string {
  if (!existsSync(join(root, 'scripts', 'setup.ts'))) return `npx thaw ${command}`;
  const [name = '', ...values] = command.split(' ');
  if (!SCRIPTS.includes(name)) return `npm run thaw -- ${command}`;
  return ['npm run', name, ...(values.length > 0 ? ['--', ...values] : [])].join(' ');
}

/** The same for each `thaw ...` in backticks: the engine knows no package. */
export function withCommandsHere(text: string): string {
  return text.replace(/`thaw ([^`]+)`/g, (_, command: string) => `\`${commandHere(command)}\``);
}
