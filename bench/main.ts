/** `npm run bench -- SCENARIO`: measures one claim of the project; bench/README.md says which there are. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { machine } from './measuring/machine.ts';
import { type BenchOptions, benchOptions } from './options.ts';
import { writeReport } from './presenting/report.ts';
import { table } from './presenting/table.ts';
import { type Context, met, type Scenario } from './scenario.ts';
import { accuracy } from './scenarios/accuracy.ts';
import { losses } from './scenarios/losses.ts';
import { memory } from './scenarios/memory.ts';
import { outputs } from './scenarios/outputs.ts';
import { speed } from './scenarios/speed.ts';
import { findPeer } from './systems/python.ts';

const SCENARIOS: readonly Scenario[] = [outputs, losses, accuracy, speed, memory];

const USAGE = `npm run bench -- SCENARIO [OPTIONS]

${SCENARIOS.map(({ name, claim }) => `  ${name.padEnd(10)}${claim}`).join('\n')}

  --data DIR       a folder with train/ and validation/, a folder a class in each
  --weights FILE   a TorchScript file of a ResNet-50 with ImageNet's 1000 classes
  --python PY      a Python with torch and torchvision (else THAW_BENCH_PYTHON, else python3 on the PATH)
  --runs N         repetitions, or seeds
  --precision P    float32 or bfloat16, where a scenario measures both
  --quick          a few images only: whether it works, not how fast
  --out FILE       where the numbers go as JSON, in place of bench/results/SCENARIO.json`;

try {
  const names = SCENARIOS.map(({ name }) => name);
  const options = benchOptions(process.argv.slice(2), names);
  const scenario = options === 'help' ? undefined : SCENARIOS.find(({ name }) => name === options.scenario);
  if (options === 'help' || !scenario) console.log(USAGE);
  else await bench(scenario, options);
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw bench: ${error.message} [${error.code}]`);
  process.exitCode = ['ERR_INVALID_ARGUMENT', 'ERR_UNKNOWN_OPTION'].includes(error.code) ? 2 : 1;
}

async function bench(scenario: Scenario, options: BenchOptions): Promise<void> {
  const note = (line: string) => void process.stderr.write(`${line}\n`);
  const found = scenario.name === 'memory' ? undefined : await findPeer(options.python, process.env);
  if (typeof found === 'string') {
    if (scenario.needsPeer) throw new ThawError('ERR_BENCH_PEER', `Without PyTorch: ${found}`);
    note(`Without PyTorch, thaw alone is measured: ${found}`);
  }
  const peer = typeof found === 'string' ? undefined : found;
  const folder = await mkdtemp(path.join(tmpdir(), 'thaw-bench-'));
  const facts = machine();
  const start = Date.now();
  try {
    const outcome = await scenario.run({
      ...inputs(options),
      options,
      quick: options.quick,
      peer,
      folder,
      note,
    });
    const seconds = (Date.now() - start) / 1000;
    const file = await writeReport(scenario, options, outcome, { machine: facts, peer, seconds });
    console.log(`\n${scenario.claim}\n\n${table(outcome.table)}\n`);
    for (const goal of outcome.goals.filter((each) => !met(each))) {
      console.log(`Missed: ${goal.name} is ${goal.value.toPrecision(3)}, not ${goal.sense} ${goal.limit}.`);
    }
    const { cpu, cores, versions } = facts;
    console.log(
      `${cpu}, ${cores} cores, libtorch ${versions.libtorch}; all numbers in ${path.relative('', file)}`,
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function inputs(options: BenchOptions): Pick<Context, 'data' | 'weights'> {
  const there = (flag: string, file: string | undefined) => {
    if (file !== undefined && existsSync(file)) return file;
    const problem = file === undefined ? `needs ${flag}` : `finds nothing at ${file}`;
    throw new ThawError('ERR_INVALID_ARGUMENT', `The scenario ${options.scenario} ${problem}; see --help.`);
  };
  return {
    data: (part) => there('--data', options.data && path.join(there('--data', options.data), part)),
    weights: () => there('--weights', options.weights),
  };
}
