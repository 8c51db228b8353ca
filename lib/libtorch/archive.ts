import { existsSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ThawError } from '../errors.ts';
import type { DownloadProgress } from '../files/progress.ts';
import type { Environment } from '../system/environment.ts';
import { release } from './version.ts';
import { unzip } from './zip.ts';

export interface ArchiveRequest {
  readonly version: string;
  readonly cuda: boolean;
  readonly env: Environment;
  readonly signal?: AbortSignal | undefined;
  readonly say: (line: string) => void;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** CUDA's version in the official archive's name; PyTorch builds each release for several. */
const CUDA_TAG = 'cu130';

/**
 * The archive's address: THAW_LIBTORCH_URL, else PyTorch's own for this release (THAW_LIBTORCH_CUDA names
 * another CUDA than cu130 there). Undefined where PyTorch offers none: it has no archives for arm64.
 */
export function archiveAddress(version: string, cuda: boolean, env: Environment): string | undefined {
  if (env.THAW_LIBTORCH_URL) return env.THAW_LIBTORCH_URL;
  if (process.arch !== 'x64') return undefined;
  const tag = cuda ? env.THAW_LIBTORCH_CUDA || CUDA_TAG : 'cpu';
  return `https://download.pytorch.org/libtorch/${tag}/libtorch-shared-with-deps-${release(version)}%2B${tag}.zip`;
}

/**
 * Downloads the official archive (or takes a file, where the address is a path) and unpacks include, lib
 * and share of it into `folder`/torch.
 *
 * @returns the reason when it cannot be had, else undefined.
 */
export async function bringArchive(request: ArchiveRequest, folder: string): Promise<string | undefined> {
  const address = archiveAddress(request.version, request.cuda, request.env);
  if (!address) return `PyTorch offers no libtorch archive for ${process.arch}`;
  const local = localFile(address);
  const archive =
    local ?? path.join(folder, '..', path.basename(new URL(address).pathname).replace('%2B', '+'));
  if (local !== undefined) {
    if (!existsSync(local)) return `there is no file ${local}`;
  } else {
    const failed = await downloadArchive(address, archive, request);
    if (failed) return failed;
  }
  try {
    return await unpack(archive, folder);
  } finally {
    if (local === undefined) rmSync(archive, { force: true });
  }
}

async function downloadArchive(
  address: string,
  archive: string,
  request: ArchiveRequest,
): Promise<string | undefined> {
  request.say(`Fetching ${address}`);
  // undici is loaded here, since a setup that has everything already should start fast.
  const { download } = await import('../files/download.ts');
  const { env, signal, onProgress } = request;
  try {
    await download(address, archive, { env, signal, onProgress });
    return undefined;
  } catch (error) {
    if (error instanceof ThawError && error.code === 'ERR_DOWNLOAD') return error.message.replace(/\.$/, '');
    throw error;
  }
}

/** `libtorch/` in the official archive; a wheel (`torch/`) given by its address is taken as well. */
async function unpack(archive: string, folder: string): Promise<string | undefined> {
  const torch = path.join(folder, 'torch');
  for (const [top, version] of [
    ['libtorch', 'build-version'],
    ['torch', 'version.py'],
  ] as const) {
    const wanted = [`${top}/include`, `${top}/lib`, `${top}/share`, `${top}/${version}`];
    if (!(await unzip(archive, folder, wanted))) continue;
    if (top !== 'torch') renameSync(path.join(folder, top), torch);
    rmSync(path.join(torch, 'lib', 'libtorch_python.so'), { force: true });
    return undefined;
  }
  return `there is no libtorch in ${archive}`;
}

function localFile(address: string): string | undefined {
  if (address.startsWith('file:')) return fileURLToPath(address);
  return URL.canParse(address) ? undefined : path.resolve(address);
}
