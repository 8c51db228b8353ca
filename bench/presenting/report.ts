import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import { native } from '../../lib/native.ts';
import { version } from '../../lib/version.ts';
import type { BenchOptions, Device } from '../options.ts';
import type { Outcome, Scenario } from '../scenario.ts';
import { cells } from './table.ts';

/**
 * Writes what was measured, where, with what and how to repeat it.
 * @param versions of what the peers are made of
 * @returns the file
 */
export async function writeReport(
  { name, claim }: Scenario,
  { device, quick, out, commandLine }: BenchOptions,
  { settings, table, goals, measured }: Outcome,
  versions: Readonly<Record<string, string>>,
  seconds: number,
): Promise<string> {
  const report = {
    scenario: name,
    claim,
    command: commandLine(name),
    date: new Date().toISOString().slice(0, 10),
    machine: machine(device),
    peer: versions,
    seconds,
    settings,
    goals,
    table: cells(table),
    measured,
  };
  // A quick run proves that the scenario works; its numbers must not replace measured ones.
  const folder = path.join(packageRoot(), 'bench', quick ? 'work' : 'results');
  const file = out ?? path.join(folder, `${name}${device === 'cuda' ? '-cuda' : ''}.json`);
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  return file;
}

/** What the numbers were taken on; nothing that names the machine or its user. */
function machine(device: Device) {
  const { libtorch, cuda, cudnn, gpus, cpuCapability, cpuBfloat16 } = native().info();
  return {
    device: device === 'cuda' ? gpus[0] : device,
    cpu: os.cpus()[0]?.model.trim(),
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
