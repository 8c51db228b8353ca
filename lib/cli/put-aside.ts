import { existsSync, mkdirSync, readdirSync, realpathSync, renameSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';
import { writeFailed } from '../files/atomic-write.ts';
import { syncFolderNow } from '../files/sync-folder.ts';

const unfinished = /^previous-.*\.part$/;

/** Whether putting a run's files aside was cut short, so that what is still there is but a part of them. */
export function isPartlyAside(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => unfinished.test(name));
}

/**
 * Moves what an earlier run left in `folder` into a folder of its own there, `previous-<time>`. Whatever ends this midway,
 * the first of `names` is never beside what a new run writes, and the next time goes on with it.
 * @param names of a run's files, in the order in which they go; the last two are those that are written at its start
 * @returns where they are; undefined where there were none
 * @throws ThawError ERR_WRITE_FAILED, ERR_DISK_FULL
 */
export function putAside(folder: string, names: readonly string[], time: string): string | undefined {
  const there = names
    .flatMap((name) => [name, `${name}.part`])
    .filter((name) => existsSync(join(folder, name)));
  const begun = readdirSync(folder).find((name) => unfinished.test(name));
  // Of a run that got no further than what is written at its start nothing is lost.
  if (there.every((name) => names.slice(-2).includes(name)) && begun === undefined) return undefined;
  const part = join(folder, begun ?? `${freeName(folder, `previous-${time}`)}.part`);
  const target = part.replace(/\.part$/, '');
  try {
    if (begun === undefined) mkdirSync(part);
    syncFolderNow(folder);
    for (const name of there) {
      renameSync(join(folder, name), join(part, name));
      if (name === names[0]) {
        syncFolderNow(part);
        syncFolderNow(folder);
      }
    }
    renameSync(part, target);
    syncFolderNow(target);
    syncFolderNow(folder);
    return target;
  } catch (error) {
    throw writeFailed(target, error);
  }
}

/** Where a file of `folder` is found once that is `aside`; the path itself where it leads elsewhere. */
export function followed(path: string, folder: string, names: readonly string[]): (aside: string) => string {
  const inside = existsSync(path) ? relative(realpathSync(folder), realpathSync(path)) : '';
  const [first = ''] = inside.split(sep);
  return (aside) => (names.includes(first) ? resolve(aside, inside) : path);
}

function freeName(folder: string, name: string): string {
  let free = name;
  for (let i = 2; existsSync(join(folder, free)); i++) free = `${name}-${i}`;
  return free;
}
