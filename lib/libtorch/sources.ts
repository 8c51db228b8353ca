import { readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ThawError } from '../errors.ts';
import { cacheFolder } from '../files/cache.ts';
import { requireSpace } from '../files/disk.ts';
import type { DownloadProgress } from '../files/progress.ts';
import type { Environment } from '../system/environment.ts';
import { withLock } from '../system/lock.ts';
import { bringArchive } from './archive.ts';
import { inspectLibtorch, type Libtorch } from './inspect.ts';
import { findPip, findPython } from './python.ts';
import { isAcceptedLibtorch, release, requireAcceptedLibtorch } from './version.ts';
import { bringWheels } from './wheel.ts';

/** What is looked for, and the means. */
export interface Search {
  readonly version: string;
  readonly cuda: boolean;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  /** One line for the person who waits. */
  readonly say: (line: string) => void;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** A libtorch, or why this source has none. */
export type Answer = Libtorch | { readonly reason: string };

/** One place where libtorch may come from. */
export interface Source {
  readonly name: string;
  find(search: Search): Promise<Answer>;
}

/** A folder named by LIBTORCH is meant: what is wrong with it is an error, never passed over. */
export const namedFolder: Source = {
  name: 'LIBTORCH',
  async find({ env }) {
    if (!env.LIBTORCH) return { reason: 'not set' };
    const folder = path.resolve(env.LIBTORCH);
    const found = inspectLibtorch(folder);
    if (!found) {
      throw new ThawError(
        'ERR_LIBTORCH_NOT_FOUND',
        `LIBTORCH is ${folder}, which is no libtorch: expected include/ATen/ATen.h, lib/libtorch_cpu.so and a version there.`,
      );
    }
    requireAcceptedLibtorch(found.version, `LIBTORCH, ${folder}`);
    return found;
  },
};

export const pythonPackage: Source = {
  name: "Python's torch",
  async find({ env, cuda }) {
    const python = await findPython(env);
    if (!python) return { reason: 'no python3' };
    if (!python.torch) return { reason: `Python ${python.version} has no torch` };
    const found = inspectLibtorch(python.torch);
    if (!found) return { reason: `no headers and libraries in ${python.torch}` };
    if (!isAcceptedLibtorch(found.version)) return { reason: `${found.version} is not accepted` };
    return fits(found, cuda);
  },
};

/** What an earlier setup has brought. */
export const cached: Source = {
  name: 'cache',
  async find(search) {
    const found = inspectLibtorch(path.join(cachePlace(search), 'torch'));
    return found ? fits(found, search.cuda) : { reason: `nothing in ${cachePlace(search)}` };
  },
};

export const wheel: Source = {
  name: 'pip',
  async find(search) {
    if (search.env.THAW_LIBTORCH_URL) return { reason: 'passed over, since THAW_LIBTORCH_URL is set' };
    const command = await findPip(search.env);
    if (!command) return { reason: 'no pip (`apt-get install python3-pip` brings it)' };
    const { env, signal } = search;
    return bring(search, (folder) => bringWheels({ command, env, signal }, search, folder));
  },
};

export const archive: Source = {
  name: 'archive',
  find: (search) => bring(search, (folder) => bringArchive(search, folder)),
};

/** In the order in which they are asked. */
export const SOURCES: readonly Source[] = [namedFolder, pythonPackage, cached, wheel, archive];

function libtorchCache(env: Environment): string {
  return path.join(cacheFolder(env), 'libtorch');
}

function cachePlace({ env, version, cuda }: Pick<Search, 'env' | 'version' | 'cuda'>): string {
  return path.join(libtorchCache(env), `${release(version)}-${cuda ? 'cuda' : 'cpu'}`);
}

/** Every libtorch that the cache holds. */
export function cachedLibtorchs(env: Environment): Libtorch[] {
  let names: string[];
  try {
    names = readdirSync(libtorchCache(env)).filter((name) => /-(cpu|cuda)$/.test(name));
  } catch {
    return [];
  }
  const found = names.map((name) => inspectLibtorch(path.join(libtorchCache(env), name, 'torch')));
  return found.filter((one) => one !== undefined);
}

const GIGABYTE = 1e9;

/**
 * Fills a folder beside the final one and renames it, so that the cache never holds half a libtorch. One
 * process at a time does so; what an interrupted one left is thrown away first.
 */
async function bring(search: Search, fill: (folder: string) => Promise<string | undefined>): Promise<Answer> {
  const place = cachePlace(search);
  const part = `${place}.part`;
  const onWait = () => search.say('Another setup is fetching libtorch: waiting for it');
  return withLock(
    place,
    async () => {
      const meanwhile = await cached.find(search);
      if ('path' in meanwhile) return meanwhile;
      rmSync(part, { recursive: true, force: true });
      requireSpace(path.dirname(place), (search.cuda ? 9 : 1.5) * GIGABYTE, 'libtorch');
      try {
        const reason = (await fill(part)) ?? refusal(inspectLibtorch(path.join(part, 'torch')), search);
        if (reason) return { reason };
        rmSync(place, { recursive: true, force: true });
        renameSync(part, place);
      } finally {
        rmSync(part, { recursive: true, force: true });
      }
      return cached.find(search);
    },
    { onWait, signal: search.signal },
  );
}

/** What is wrong with what came; undefined when nothing. */
function refusal(found: Libtorch | undefined, search: Search): string | undefined {
  if (!found) return 'what came is no libtorch';
  if (release(found.version) !== release(search.version)) {
    return `what came is ${found.version}: \`--libtorch-version ${release(found.version)}\` asks for that`;
  }
  const answer = fits(found, search.cuda);
  return 'reason' in answer ? answer.reason : undefined;
}

function fits(found: Libtorch, cuda: boolean): Answer {
  return cuda && !found.cuda ? { reason: `${found.version} there is a CPU build` } : found;
}
