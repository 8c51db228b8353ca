import { constants, existsSync } from 'node:fs';
import { chmod, copyFile, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../errors.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { diskFull, isDiskFull } from '../files/disk.ts';
import { makeFolder } from '../files/folder.ts';
import type { DownloadProgress } from '../files/progress.ts';
import { sha256 } from '../files/sha256.ts';
import { reasonOf } from '../reason.ts';
import { commandHere } from '../system/command-here.ts';
import type { Environment } from '../system/environment.ts';
import { withLock } from '../system/lock.ts';
import { knownOptions } from '../validate.ts';
import { type WeightsPlace, weightsFolder, weightsPlace } from './cached.ts';
import {
  type Architecture,
  catalogueEntry,
  digitsIn,
  WEIGHTS_ADDRESS,
  type WeightsVersion,
} from './catalogue.ts';

export interface FetchWeightsOptions {
  /** V1 where not given. */
  readonly version?: WeightsVersion;
  /** Where torchvision's files lie; else THAW_WEIGHTS_URL, else PyTorch's own address. */
  readonly baseUrl?: string | undefined;
  /** A proxy's address; else HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
  readonly proxy?: string | undefined;
  /** The cache folder; else THAW_CACHE. The files are in `weights` below it. */
  readonly cache?: string | undefined;
  /** A state dict brought by hand: taken instead of a download. */
  readonly from?: string | undefined;
  /** Writes the state dict's network as TorchScript; without it there is only the state dict. */
  readonly convert?:
    | ((pth: string, torchscript: string, architecture: Architecture) => Promise<void>)
    | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  readonly env?: Environment;
  /** Milliseconds before a broken connection is first taken up again; doubled each time. */
  readonly retryDelay?: number;
}

export interface FetchedWeights {
  readonly pth: string;
  readonly torchscript?: string;
  /** Nothing was downloaded or copied: it was there already. */
  readonly fromCache: boolean;
  /** Of the state dict, in hex. */
  readonly sha256: string;
}

const KNOWN = [
  ...['version', 'baseUrl', 'proxy', 'cache', 'from'],
  ...['convert', 'signal', 'onProgress', 'env', 'retryDelay'],
];

/**
 * torchvision's ImageNet weights of a residual network, in the cache. They are downloaded once (resuming
 * what was interrupted) and checked against the digits in their name; a file given with `from` is checked
 * only if its own name carries digits.
 *
 * @throws ThawError ERR_WEIGHTS_FETCH (the network; says where to put a file brought by hand),
 * ERR_WEIGHTS_CHECKSUM, ERR_DISK_FULL, ERR_INVALID_ARGUMENT; the signal's reason on abort.
 */
export async function fetchWeights(
  architecture: Architecture,
  options: FetchWeightsOptions = {},
): Promise<FetchedWeights> {
  knownOptions('fetchWeights', options, KNOWN);
  const env = options.env ?? process.env;
  const folder = weightsFolder(options.cache === undefined ? env : { ...env, THAW_CACHE: options.cache });
  const place = weightsPlace(architecture, options.version, folder);
  options.signal?.throwIfAborted();
  makeFolder(folder);
  try {
    return await withLock(place.pth, () => fetchAlone(architecture, place, options, env), {
      signal: options.signal,
    });
  } catch (error) {
    // Streams reject with an AbortError of their own instead of the reason.
    options.signal?.throwIfAborted();
    throw error;
  }
}

async function fetchAlone(
  architecture: Architecture,
  place: WeightsPlace,
  options: FetchWeightsOptions,
  env: Environment,
): Promise<FetchedWeights> {
  let digest = options.from === undefined ? await intactDigest(place, options.signal) : undefined;
  const fromCache = digest !== undefined;
  if (digest === undefined) {
    digest =
      options.from === undefined ? await fetchFile(place, options, env) : await takeFile(place, options.from);
    // What was made of another state dict is no longer true.
    await rm(place.torchscript, { force: true });
    await writeAtomically(place.digest, `${digest}\n`);
  }
  if (options.convert && !existsSync(place.torchscript)) {
    options.signal?.throwIfAborted();
    await convertWhole(options.convert, architecture, place);
  }
  const result = { pth: place.pth, fromCache, sha256: digest };
  return existsSync(place.torchscript) ? { ...result, torchscript: place.torchscript } : result;
}

/** The digest of the cached state dict, if it is the one that was accepted; undefined when it is to be fetched. */
async function intactDigest(
  place: WeightsPlace,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!existsSync(place.pth)) return undefined;
  const digest = await sha256(place.pth, signal);
  const accepted = await readFile(place.digest, 'utf8').catch(() => undefined);
  // A file put there by hand has no record yet: its name says what it must be.
  const expected = accepted?.trim() || digitsIn(place.pth) || '';
  return digest.startsWith(expected) ? digest : undefined;
}

async function fetchFile(
  place: WeightsPlace,
  options: FetchWeightsOptions,
  env: Environment,
): Promise<string> {
  const url = weightsAddress(place, options.baseUrl ?? env.THAW_WEIGHTS_URL ?? WEIGHTS_ADDRESS);
  // undici is loaded here: most runs find the weights in the cache.
  const { download } = await import('../files/download.ts');
  let digest = '';
  const check = async (file: string) => {
    digest = await sha256(file, options.signal);
    requireDigits(digest, place.pth, `What ${url} sent`);
  };
  const { signal, proxy, onProgress, retryDelay } = options;
  try {
    const pace = retryDelay === undefined ? {} : { retryDelay };
    await download(url, place.pth, { env, proxy, signal, onProgress, check, ...pace });
  } catch (error) {
    if (!(error instanceof ThawError) || error.code !== 'ERR_DOWNLOAD') throw error;
    throw new ThawError(
      'ERR_WEIGHTS_FETCH',
      `${error.message} Bring ${url} here by other means and put it at ${place.pth}, or give it to \`${commandHere('fetch-weights --from FILE')}\`; ` +
        'a mirror can be named with THAW_WEIGHTS_URL, a proxy with HTTPS_PROXY.',
      { cause: error },
    );
  }
  return digest;
}

function weightsAddress(place: WeightsPlace, base: string): string {
  try {
    return new URL(path.basename(place.pth), base.endsWith('/') ? base : `${base}/`).href;
  } catch (cause) {
    throw new ThawError('ERR_INVALID_ARGUMENT', `The weights' base address '${base}' is not an address.`, {
      cause,
    });
  }
}

/** Copies a file brought by hand into the cache. */
async function takeFile(place: WeightsPlace, from: string): Promise<string> {
  const file = path.resolve(from);
  const part = `${place.pth}.copy.part`;
  try {
    await copyFile(file, part, constants.COPYFILE_FICLONE);
    // The copy has the original's rights, which may be read-only.
    await chmod(part, 0o644);
    const digest = await sha256(part);
    requireDigits(digest, file, file);
    requireNoOther(digest, file, place);
    await rename(part, place.pth);
    return digest;
  } catch (error) {
    await rm(part, { force: true });
    if (isDiskFull(error))
      throw diskFull(`The disk is full: ${file} does not fit into ${path.dirname(part)}`, error);
    if (error instanceof ThawError) throw error;
    throw new ThawError('ERR_WEIGHTS_FETCH', `${file} cannot be read: ${reasonOf(error)}.`, {
      cause: error,
    });
  }
}

function requireDigits(digest: string, name: string, what: string): void {
  const digits = digitsIn(path.basename(name));
  if (digits === undefined || digest.startsWith(digits)) return;
  throw new ThawError(
    'ERR_WEIGHTS_CHECKSUM',
    `${what} is damaged or another file: its SHA-256 begins with ${digest.slice(0, 8)}, not ${digits}.`,
  );
}

/** Another file of the catalogue under this entry's name would mislead everyone after. */
function requireNoOther(digest: string, file: string, place: WeightsPlace): void {
  const other = catalogueEntry(digest);
  if (!other || other.file === path.basename(place.pth)) return;
  throw new ThawError(
    'ERR_WEIGHTS_CHECKSUM',
    `${file} holds the ${other.version} weights of ${other.architecture}: ask for these, or give another file.`,
  );
}

async function convertWhole(
  convert: NonNullable<FetchWeightsOptions['convert']>,
  architecture: Architecture,
  place: WeightsPlace,
): Promise<void> {
  const part = place.torchscript.replace(/\.pt$/, '.converting.pt');
  try {
    await convert(place.pth, part, architecture);
    await rename(part, place.torchscript);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
