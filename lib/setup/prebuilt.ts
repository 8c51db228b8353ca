import { existsSync } from 'node:fs';
import path from 'node:path';
import { link } from './link.ts';
import { addonFile } from './native.ts';

/** The name of a prebuilt addon: one for each kind of libtorch. */
export function prebuiltFile(root: string, cuda: boolean): string {
  const platform = `${process.platform}-${process.arch}`;
  return path.join(root, 'prebuilds', platform, `thaw.${cuda ? 'cuda' : 'cpu'}.node`);
}

/**
 * In an installed package, which has prebuilt addons and no cmake-js: chooses the one for this libtorch, by
 * a link where a build would put its own. Elsewhere false: there is to be built.
 */
export function usePrebuilt(root: string, buildDir: string, cuda: boolean): boolean {
  const file = prebuiltFile(root, cuda);
  if (existsSync(path.join(root, 'node_modules', '.bin', 'cmake-js')) || !existsSync(file)) return false;
  const addon = addonFile({ root, buildDir });
  link(addon, path.relative(path.dirname(addon), file));
  return true;
}
