import os from 'node:os';
import { native } from '../../lib/native.ts';
import { version } from '../../lib/version.ts';
import type { Device } from '../options.ts';

/** What the numbers were taken on; nothing that names the machine or its user. */
export function machine(device: Device) {
  const { libtorch, cuda, cudnn, gpus, cpuCapability, cpuBfloat16 } = native().info();
  return {
    device: device === 'cuda' ? (gpus[0] ?? device) : device,
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    cpuCapability,
    cpuBfloat16,
    load: os.loadavg()[0],
    versions: {
      thaw: version(),
      node: process.versions.node,
      libtorch,
      ...(device === 'cuda' && { cuda, cudnn }),
      system: `${os.type()} ${os.release()}`,
    },
  };
}
