import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { machine } from '../measuring/machine.ts';
import type { BenchOptions } from '../options.ts';
import { met, type Outcome, type Scenario } from '../scenario.ts';
import { picture } from './svg.ts';

export interface Facts {
  readonly machine: ReturnType<typeof machine>;
  /** Versions of what the Python peers are made of; null where there is no Python. */
  readonly peer: Readonly<Record<string, string>> | null;
  readonly seconds: number;
}

/** Writes what was measured, where, with what and how to repeat it; beside it the picture. @returns the file */
export async function writeReport(
  scenario: Scenario,
  options: BenchOptions,
  outcome: Outcome,
  facts: Facts,
): Promise<string> {
  const command = commandLine(scenario.name, options);
  const date = new Date().toISOString().slice(0, 10);
  const report = {
    scenario: scenario.name,
    claim: scenario.claim,
    command,
    date,
    machine: facts.machine,
    peer: facts.peer,
    seconds: Math.round(facts.seconds),
    settings: outcome.settings,
    goals: outcome.goals.map((goal) => ({ ...goal, met: met(goal) })),
    table: outcome.table,
    measured: outcome.measured,
  };
  // A quick run proves that the scenario works; its numbers must not replace measured ones.
  const folder = options.quick ? 'bench/work' : 'bench/results';
  const file = options.out ?? path.join(packageRoot(), folder, `${scenario.name}.json`);
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  if (outcome.charts) {
    const { cpu, cores } = facts.machine;
    const foot = `${cpu}, ${cores} cores · ${date}${options.quick ? ' · quick: a few images only' : ''}`;
    await writeFile(file.replace(/(\.json)?$/, '.svg'), picture(outcome.charts, foot));
  }
  return file;
}

/** Without --python and --out, files by their names alone: where something lies is no part of a measurement. */
function commandLine(scenario: string, options: BenchOptions): string {
  const { data, weights, runs, epochs, levels, systems, precision, upTo, quick, full } = options;
  const name = (file: string | undefined) => file && path.basename(file);
  const flags = Object.entries({
    data: name(data),
    weights: name(weights),
    runs,
    levels: levels?.join(','),
    systems: systems?.join(','),
    precision,
    ...(scenario === 'end-to-end' && { epochs }),
    ...(scenario === 'growth' && { 'up-to': upTo }),
  })
    .filter(([, value]) => value !== undefined)
    .map(([flag, value]) => `--${flag} ${value}`);
  const switches = Object.entries({ quick, full }).flatMap(([flag, on]) => (on ? [`--${flag}`] : []));
  return ['npm run bench --', scenario, ...flags, ...switches].join(' ');
}
