import { ThawError } from '../errors.ts';
import { hasNvidiaDriver } from './driver.ts';
import type { Libtorch } from './inspect.ts';
import { namedFolder, type Search, SOURCES } from './sources.ts';
import { ACCEPTED_LIBTORCH, PINNED_LIBTORCH, requireAcceptedLibtorch } from './version.ts';

/** `auto` takes the CUDA build where an NVIDIA driver is, and the CPU build where that cannot be had. */
export type Variant = 'auto' | 'cpu' | 'cuda';

export interface FindOptions extends Omit<Search, 'version' | 'cuda'> {
  readonly variant: Variant;
  /** The pinned version where none is given. */
  readonly version?: string | undefined;
  /** Whether an NVIDIA driver is there; looked for where not given. */
  readonly driver?: boolean | undefined;
}

export interface FoundLibtorch extends Libtorch {
  /** Which source had it: `LIBTORCH`, `Python's torch`, `cache`, `pip`, `archive`. */
  readonly source: string;
  /** Whether the CUDA side is to be compiled: asked for, and there. */
  readonly useCuda: boolean;
}

/**
 * Finds libtorch, or brings it. The order: LIBTORCH, the Python torch at hand, the wheel (out of the cache,
 * else by pip), the official archive. The first with the wanted build is taken.
 *
 * @throws ThawError ERR_LIBTORCH_VERSION, ERR_LIBTORCH_NOT_FOUND (with what each source said), ERR_DISK_FULL.
 */
export async function findLibtorch(options: FindOptions): Promise<FoundLibtorch> {
  const { variant, version = PINNED_LIBTORCH, env, say } = options;
  requireAcceptedLibtorch(version, 'asked for');
  const cuda = variant === 'cuda' || (variant === 'auto' && (options.driver ?? (await hasNvidiaDriver(env))));
  const named = await namedFolder.find({ ...options, version, cuda });
  if ('path' in named) return takeNamed(named, variant, cuda, say);

  const search = { ...options, version, cuda };
  const { found, answers } = await ask(search);
  if (found) return found;
  if (variant === 'auto' && cuda) {
    say(`An NVIDIA driver is here, but no CUDA build of libtorch ${version}: taking the CPU build.`);
    for (const answer of answers) say(`  ${answer}`);
    const second = await ask({ ...search, cuda: false });
    if (second.found) return second.found;
    answers.push(...second.answers);
  }
  throw notFound(version, cuda, answers);
}

function takeNamed(found: Libtorch, variant: Variant, cuda: boolean, say: Search['say']): FoundLibtorch {
  if (cuda && !found.cuda) {
    if (variant === 'cuda') {
      throw new ThawError(
        'ERR_LIBTORCH_NOT_FOUND',
        `LIBTORCH is ${found.path}, a CPU build: unset it or name a CUDA build, or leave --cuda out.`,
      );
    }
    say(`An NVIDIA driver is here, but LIBTORCH is a CPU build (${found.path}): building for CPU.`);
  }
  return { ...found, source: 'LIBTORCH', useCuda: cuda && found.cuda };
}

/** Asks source after source; `answers` says why each had none. */
async function ask(search: Search): Promise<{ found?: FoundLibtorch; answers: string[] }> {
  const answers: string[] = [];
  for (const source of SOURCES) {
    if (source === namedFolder) continue;
    search.signal?.throwIfAborted();
    const answer = await source.find(search);
    if ('path' in answer) return { found: { ...answer, source: source.name, useCuda: search.cuda }, answers };
    answers.push(`${source.name}: ${answer.reason}`);
  }
  return { answers };
}

function notFound(version: string, cuda: boolean, answers: readonly string[]): ThawError {
  const { from, to } = ACCEPTED_LIBTORCH;
  return new ThawError(
    'ERR_LIBTORCH_NOT_FOUND',
    [
      `No ${cuda ? 'CUDA build of ' : ''}libtorch ${version} could be found or fetched.`,
      ...answers.map((answer) => `  ${answer}`),
      `Name a folder with libtorch ${from} to ${to} (include/ and lib/) with LIBTORCH, or an archive of it with ` +
        'THAW_LIBTORCH_URL, or ask for another version with --libtorch-version.',
    ].join('\n'),
  );
}
