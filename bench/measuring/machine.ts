import os from 'node:os';
import { native } from '../../lib/native.ts';
import { version } from '../../lib/version.ts';

/** What the numbers were taken on; nothing that names the machine or its user. */
export function machine() {
  const cpus = os.cpus();
  const info = native().info();
  return {
    device: 'cpu',
    cpu: cpus[0]?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    cpuCapability: info.cpuCapability,
    cpuBfloat16: info.cpuBfloat16,
    load: os.loadavg()[0],
    versions: {
      thaw: version(),
      node: process.versions.node,
      libtorch: info.libtorch,
      system: `${os.type()} ${os.release()}`,
    },
  };
}
