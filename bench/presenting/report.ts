import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { packageRoot } from '../../lib/files/package-root.ts';
import type { machine } from '../measuring/machine.ts';
import type { BenchOptions } from '../options.ts';
import { met, type Outcome, type Scenario } from '../scenario.ts';
import type { Peer } from '../systems/python.ts';

/** Writes what was measured, where, with what and how to repeat it. @returns the file */
export async function writeReport(
  scenario: Scenario,
  options: BenchOptions,
  outcome: Outcome,
  facts: { machine: ReturnType<typeof machine>; peer: Peer | undefined; seconds: number },
): Promise<string> {
  const report = {
    scenario: scenario.name,
    claim: scenario.claim,
    command: commandLine(options),
    date: new Date().toISOString().slice(0, 10),
    machine: facts.machine,
    peer: facts.peer?.versions ?? null,
    seconds: Math.round(facts.seconds),
    settings: outcome.settings,
    goals: outcome.goals.map((goal) => ({ ...goal, met: met(goal) })),
    measured: outcome.measured,
  };
  // A quick run proves that the scenario works; its numbers must not replace measured ones.
  const folder = options.quick ? 'bench/work' : 'bench/results';
  const file = options.out ?? path.join(packageRoot(), folder, `${scenario.name}.json`);
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  return file;
}

/** Without --python and --out: where a Python lies is no part of a measurement. */
function commandLine({ scenario, data, weights, runs, quick }: BenchOptions): string {
  const flags = Object.entries({ data, weights, runs })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `--${name} ${value}`);
  return ['npm run bench --', scenario, ...flags, ...(quick ? ['--quick'] : [])].join(' ');
}
