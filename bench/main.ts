/** `npm run bench -- [SCENARIO...]`: measures the claims of the project; bench/README.md says which there are. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { native } from '../lib/native.ts';
import { inputs } from './inputs.ts';
import { type BenchOptions, benchOptions, USAGE } from './options.ts';
import { writeReport } from './presenting/report.ts';
import { markdown } from './presenting/table.ts';
import type { Context, Scenario } from './scenario.ts';
import { chosen, SCENARIOS } from './scenarios/all.ts';
import { findSystems } from './systems/find.ts';
import { findPython } from './systems/python.ts';
import { weightsOf } from './systems/weights.ts';

const HELP = `npm run bench -- [SCENARIO...] [OPTIONS]

Without a scenario all of them run.

${SCENARIOS.map(({ name, claim }) => `  ${name.padEnd(12)}${claim}`).join('\n')}

${USAGE}`;

const note = (line: string) => void process.stderr.write(`${line}\n`);

try {
  const options = benchOptions(process.argv.slice(2));
  if (options === 'help') console.log(HELP);
  else await bench(options);
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw bench: ${error.message} [${error.code}]`);
  process.exitCode = ['ERR_INVALID_ARGUMENT', 'ERR_UNKNOWN_OPTION'].includes(error.code) ? 2 : 1;
}

async function bench(options: BenchOptions): Promise<void> {
  if (options.device === 'cuda' && native().info().gpus.length === 0)
    throw new ThawError('ERR_DEVICE_NOT_FOUND', 'There is no GPU here, or thaw was not built for one.');
  const wanted = chosen(options);
  const folder = await mkdtemp(path.join(tmpdir(), 'thaw-bench-'));
  try {
    const given = inputs(options, folder, note);
    const python = await findPython(options.python, process.env);
    const weights = weightsOf(given.weights, folder);
    const all = await findSystems(python, { ...options, weights, folder });
    for (const { name, advice } of all.missing) note(`Without ${name}: ${advice}`);
    const begins = options.systems ?? [''];
    const systems = all.found.filter(({ name }) => begins.some((start) => name.startsWith(start)));
    for (const scenario of wanted) {
      note(`\n${scenario.name}`);
      const own = path.join(folder, scenario.name);
      await mkdir(own);
      try {
        await measure(scenario, { ...given, options, systems, python, folder: own, note }, all.versions);
      } catch (error) {
        // Of several, the others go on.
        if (wanted.length === 1 || !(error instanceof ThawError)) throw error;
        console.error(`thaw bench: ${scenario.name}: ${error.message} [${error.code}]`);
        process.exitCode = 1;
      }
      await rm(own, { recursive: true, force: true });
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(
  scenario: Scenario,
  context: Context,
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  const start = Date.now();
  const outcome = await scenario.run(context);
  const seconds = Math.round((Date.now() - start) / 1000);
  const file = await writeReport(scenario, context.options, outcome, versions, seconds);
  const { table, goals } = outcome;
  console.log(`\n${scenario.claim}\n\n${markdown(table)}\n`);
  for (const { name, value, sense, limit, met } of goals)
    if (!met) console.log(`Missed: ${name} is ${value.toPrecision(3)}, not ${sense} ${limit}.`);
  console.log(`All numbers are in ${path.relative('', file)}.`);
  if (table.rows.some((row) => Object.values(row).includes('failed'))) process.exitCode = 1;
}
