import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import { machine } from '../measuring/machine.ts';
import type { BenchOptions } from '../options.ts';
import { met, type Outcome, type Scenario } from '../scenario.ts';
import { picture } from './picture.ts';
import { cells } from './table.ts';

/**
 * Writes what was measured, where, with what and how to repeat it; beside it the picture.
 * @param versions of what the peers are made of
 * @returns the file
 */
export async function writeReport(
  { name, claim }: Scenario,
  options: BenchOptions,
  { settings, table, goals, measured }: Outcome,
  versions: Readonly<Record<string, string>>,
  seconds: number,
): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const report = {
    scenario: name,
    claim,
    command: options.commandLine(name),
    date,
    machine: machine(options.device),
    peer: versions,
    seconds: Math.round(seconds),
    settings,
    goals: goals.map((goal) => ({ ...goal, met: met(goal) })),
    table: cells(table),
    measured,
  };
  // A quick run proves that the scenario works; its numbers must not replace measured ones.
  const folder = path.join(packageRoot(), 'bench', options.quick ? 'work' : 'results');
  const file = options.out ?? path.join(folder, `${name}${options.device === 'cuda' ? '-cuda' : ''}.json`);
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  if (table.charts) {
    const { device, cpu, cores } = report.machine;
    const where = device === 'cpu' ? `${cpu}, ${cores} cores` : device;
    const foot = `${where} · ${date}${options.quick ? ' · quick: a few images only' : ''}`;
    await writeFile(file.replace(/(\.json)?$/, '.svg'), picture(table, foot));
  }
  return file;
}
