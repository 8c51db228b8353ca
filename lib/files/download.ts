import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dispatcher, fetch, type Response } from 'undici';
import { ThawError } from '../errors.ts';
import type { Environment } from '../system/environment.ts';
import { writeFailed } from './atomic-write.ts';
import { diskFull, isDiskFull } from './disk.ts';
import { makeFolder } from './folder.ts';
import type { DownloadProgress } from './progress.ts';
import { networkAgent } from './proxy.ts';

export interface DownloadOptions {
  readonly env?: Environment;
  /** A proxy's address, for http and https alike; instead of the standard variables. */
  readonly proxy?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Looks at the whole file before it gets its name; what it throws is passed on, and the file is dropped. */
  readonly check?: ((file: string) => Promise<void>) | undefined;
  /** Milliseconds before the first repetition; doubled each time. */
  readonly retryDelay?: number;
}

/** What the .part file is a part of, so that it is never continued with another file's bytes. */
interface PartOf {
  readonly url: string;
  readonly validator: string;
}

const ATTEMPTS_WITHOUT_PROGRESS = 4;

/**
 * Downloads `url` to `target` through `target.part` and a rename. What an earlier run left is continued
 * with a Range request, as long as the server still has the same file (If-Range) and knows ranges. A
 * broken connection is taken up again, up to four times in a row without a new byte.
 *
 * @throws ThawError ERR_DOWNLOAD (the server or the network), ERR_DISK_FULL, ERR_WRITE_FAILED (the folder); the signal's
 *   reason on abort.
 */
export async function download(url: string, target: string, options: DownloadOptions = {}): Promise<void> {
  const part = `${target}.part`;
  await writing(target, async () => makeFolder(path.dirname(target)));
  const dispatcher = networkAgent(options.env ?? process.env, options.proxy);
  try {
    await downloadPart(url, part, dispatcher, options);
  } finally {
    await dispatcher.destroy();
  }
  try {
    await options.check?.(part);
  } catch (error) {
    options.signal?.throwIfAborted();
    await removePart(part);
    throw error;
  }
  await writing(target, async () => {
    await rename(part, target);
    await rm(`${part}.json`, { force: true });
  });
}

async function writing(target: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    throw writeFailed(target, error);
  }
}

async function downloadPart(url: string, part: string, dispatcher: Dispatcher, options: DownloadOptions) {
  let failures = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const before = await sizeOf(part);
    try {
      await request(url, part, dispatcher, options);
      return;
    } catch (error) {
      options.signal?.throwIfAborted();
      if (isDiskFull(error)) {
        await removePart(part);
        throw diskFull(`The disk is full: ${url} does not fit into ${path.dirname(part)}`, error);
      }
      if (error instanceof ThawError) throw error;
      if (isOfFile(error)) throw writeFailed(part, error);
      failures = (await sizeOf(part)) > before ? 0 : failures + 1;
      if (failures >= ATTEMPTS_WITHOUT_PROGRESS) {
        throw new ThawError('ERR_DOWNLOAD', `${url} cannot be fetched: ${reason(error)}.`, { cause: error });
      }
      const delay = (options.retryDelay ?? 500) * 2 ** Math.max(failures - 1, 0);
      // An abort ends the pause; the loop then rejects with its reason.
      await pause(delay, undefined, signalOption(options.signal)).catch(() => undefined);
    }
  }
}

/** One request for what is missing; throws a ThawError where repeating it makes no sense. */
async function request(url: string, part: string, dispatcher: Dispatcher, options: DownloadOptions) {
  const known = await readPartOf(part, url);
  const have = known ? await sizeOf(part) : 0;
  const headers: Record<string, string> = { 'accept-encoding': 'identity' };
  if (known && have > 0) {
    headers.range = `bytes=${have}-`;
    headers['if-range'] = known.validator;
  }
  const response = await fetch(url, { headers, dispatcher, ...signalOption(options.signal) });
  if (response.status === 416) {
    // The part is as long as the file or longer: not a beginning of it that can be trusted.
    await removePart(part);
    throw new Error('the server has no more bytes than there are here already');
  }
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    throw new Error(`the server answers ${response.status} ${response.statusText}`.trim());
  }
  if (!response.ok) {
    const answer = `${response.status} ${response.statusText}`.trim();
    throw new ThawError('ERR_DOWNLOAD', `${url} cannot be fetched: the server answers ${answer}.`);
  }
  const { start, total } = extent(response);
  if (start !== 0 && start !== have) throw new Error('the server sends another part than was asked for');
  if (start === 0) await startPart(part, url, response);
  await receive(response, part, start, total, options);
}

async function receive(
  response: Response,
  part: string,
  start: number,
  total: number | undefined,
  options: DownloadOptions,
) {
  if (!response.body) throw new Error('the answer is empty');
  const began = performance.now();
  let received = start;
  const report = () => {
    const seconds = Math.max((performance.now() - began) / 1000, 1e-3);
    options.onProgress?.({ received, total, bytesPerSecond: (received - start) / seconds });
  };
  report();
  const file = await open(part, start === 0 ? 'w' : 'a');
  try {
    // Each piece is written before the next one is read: what came before a break is on disk, to go on from.
    for await (const piece of response.body) {
      await file.writeFile(piece);
      received += piece.length;
      report();
    }
  } finally {
    await file.close();
  }
  if (total !== undefined && received !== total) throw new Error(`only ${received} of ${total} bytes came`);
}

/** Where the answer's bytes begin, and how long the whole file is. */
function extent(response: Response): { start: number; total: number | undefined } {
  if (response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    if (!range) throw new Error('the server does not say which part it sends');
    return { start: Number(range[1]), total: range[2] === '*' ? undefined : Number(range[2]) };
  }
  const length = response.headers.get('content-length');
  return { start: 0, total: length === null ? undefined : Number(length) };
}

async function startPart(part: string, url: string, response: Response) {
  // A weak ETag does not promise the same bytes and may not be used with Range (RFC 9110, 13.1.5).
  const etag = response.headers.get('etag');
  const validator = etag?.startsWith('"') ? etag : response.headers.get('last-modified');
  await rm(part, { force: true });
  if (validator) await writeFile(`${part}.json`, JSON.stringify({ url, validator } satisfies PartOf));
  else await rm(`${part}.json`, { force: true });
}

async function readPartOf(part: string, url: string): Promise<PartOf | undefined> {
  try {
    const partOf = JSON.parse(await readFile(`${part}.json`, 'utf8')) as PartOf;
    return partOf.url === url && typeof partOf.validator === 'string' ? partOf : undefined;
  } catch {
    return undefined;
  }
}

async function removePart(part: string) {
  await rm(part, { force: true });
  await rm(`${part}.json`, { force: true });
}

async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.size ?? 0;
}

function signalOption(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal ? { signal } : {};
}

/** Only the file system's errors have a path. */
function isOfFile(error: unknown): boolean {
  return error instanceof Error && 'path' in error;
}

/** fetch says `fetch failed` and `terminated`; the cause below says why. */
function reason(error: unknown): string {
  let deepest = error as { cause?: unknown; message?: string; code?: string } | undefined;
  while (deepest?.cause) deepest = deepest.cause as typeof deepest;
  return deepest?.message || deepest?.code || String(error);
}
