import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { which } from '../system/which.ts';

const LIBRARY_FOLDERS = [
  'usr/lib/x86_64-linux-gnu',
  'usr/lib/aarch64-linux-gnu',
  'usr/lib64',
  'usr/lib',
  'usr/local/nvidia/lib64',
  'usr/lib/wsl/lib',
];

/** Whether an NVIDIA driver is there: the kernel module, its library, or an nvidia-smi that finds a GPU. */
export async function hasNvidiaDriver(env: Environment, root = '/'): Promise<boolean> {
  if (existsSync(path.join(root, 'proc/driver/nvidia/version'))) return true;
  if (LIBRARY_FOLDERS.some((folder) => existsSync(path.join(root, folder, 'libcuda.so.1')))) return true;
  const command = which('nvidia-smi', env);
  return command !== undefined && (await run(command, ['-L'], { env })).status === 0;
}

/** `NVIDIA H100 80GB HBM3, driver 580.65` a GPU; empty without nvidia-smi. */
export async function describeGpus(env: Environment): Promise<string[]> {
  const command = which('nvidia-smi', env);
  if (!command) return [];
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const { status, stdout } = await run(command, query, { env });
  if (status !== 0) return [];
  const lines = stdout.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.trim().replace(/,\s*([^,]+)$/, ', driver $1'));
}
