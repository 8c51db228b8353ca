/** `npm run bench -- [SCENARIO...]`: measures the claims of the project; bench/README.md says which there are. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { inputs } from './inputs.ts';
import { machine } from './measuring/machine.ts';
import { preparePixelsOf } from './measuring/pixels.ts';
import { type BenchOptions, benchOptions } from './options.ts';
import { writeReport } from './presenting/report.ts';
import { markdown, table } from './presenting/table.ts';
import { type Context, met, type Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/all.ts';
import { findSystems, type Systems } from './systems/find.ts';
import { findPython } from './systems/python.ts';
import { PYTORCH_PACKAGES } from './systems/pytorch.ts';
import { Weights } from './systems/weights.ts';

const USAGE = `npm run bench -- [SCENARIO...] [OPTIONS]

Without a scenario all of them run.

${SCENARIOS.map(({ name, claim }) => `  ${name.padEnd(12)}${claim}`).join('\n')}

  --data DIR       a folder with train/ and validation/, a folder a class in each; without it images are drawn
  --weights FILE   a TorchScript file of a ResNet-50 with ImageNet's 1000 classes (else what fetch-weights made)
  --python PY      a Python with the peers' packages (else THAW_BENCH_PYTHON, else python3 on the PATH)
  --systems A,B    only systems whose names begin so: thaw, pytorch-tutorial, pytorch-tuned, pytorch-compiled,
                   pytorch-cached, keras, tfjs-wasm, tfjs-node, tfjs-node-patched
  --levels A,B     only these of head, layer4.2, everything
  --epochs N       of end-to-end (10)
  --runs N         repetitions, or seeds (3)
  --precision P    float32 or bfloat16, where a scenario measures both
  --up-to N        the most images of growth (100000)
  --quick          a few images only: whether it works, not how fast; ends within minutes
  --full           end-to-end measures every epoch of every system, and extrapolates nothing
  --markdown       prints the table as Markdown
  --out FILE       where the numbers of one scenario go as JSON, in place of bench/results/SCENARIO.json`;

const note = (line: string) => void process.stderr.write(`${line}\n`);

try {
  const options = benchOptions(
    process.argv.slice(2),
    SCENARIOS.map(({ name }) => name),
  );
  if (options === 'help') console.log(USAGE);
  else await bench(options);
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw bench: ${error.message} [${error.code}]`);
  process.exitCode = ['ERR_INVALID_ARGUMENT', 'ERR_UNKNOWN_OPTION'].includes(error.code) ? 2 : 1;
}

async function bench(options: BenchOptions): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'thaw-bench-'));
  try {
    const context = await makeContext(options, folder);
    for (const name of options.scenarios) {
      const scenario = SCENARIOS.find((each) => each.name === name) as Scenario;
      note(`\n${name}`);
      try {
        const own = path.join(folder, name);
        await mkdir(own);
        await measureOne(scenario, { ...context, folder: own });
        await rm(own, { recursive: true, force: true });
      } catch (error) {
        // Of several, the others go on.
        if (options.scenarios.length === 1 || !(error instanceof ThawError)) throw error;
        console.error(`thaw bench: ${name}: ${error.message} [${error.code}]`);
        process.exitCode = 1;
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Of a scenario, and whether one has asked for the systems. */
type BenchContext = Context & { looked(): boolean };

async function makeContext(options: BenchOptions, folder: string): Promise<BenchContext> {
  const python = await findPython(options.python, process.env);
  const problem = typeof python === 'string' ? python : python.lacks(PYTORCH_PACKAGES);
  const given = inputs(options, folder, note);
  let systems: Promise<Systems> | undefined;
  const find = async () => {
    const shared = path.join(folder, 'weights');
    await mkdir(shared);
    const few = async () => preparePixelsOf(await given.data('validation'), 4, shared);
    const all = await findSystems(python, new Weights(given.weights(), shared, few), shared);
    for (const { title, advice } of all.missing) note(`Without ${title}: ${advice}`);
    const wanted = options.systems;
    if (!wanted) return all;
    const found = all.found.filter(({ name }) => wanted.some((start) => name.startsWith(start)));
    return { ...all, found };
  };
  return {
    ...given,
    options,
    quick: options.quick,
    peer: typeof python === 'string' || problem !== undefined ? undefined : python,
    systems: () => {
      systems ??= find();
      return systems;
    },
    looked: () => systems !== undefined,
    folder,
    note,
  };
}

async function measureOne(scenario: Scenario, context: BenchContext): Promise<void> {
  const { options, peer } = context;
  if (scenario.needsPeer && !peer) {
    throw new ThawError(
      'ERR_BENCH_PEER',
      'This compares with PyTorch: name a Python that has torch, torchvision, numpy and pillow with --python.',
    );
  }
  const facts = machine();
  const start = Date.now();
  const outcome = await scenario.run(context);
  const seconds = (Date.now() - start) / 1000;
  // Only what was looked for: most scenarios compare with PyTorch alone.
  const versions = context.looked() ? (await context.systems()).versions : (peer?.versions ?? null);
  const file = await writeReport(scenario, options, outcome, { machine: facts, peer: versions, seconds });
  const shown = options.markdown ? markdown(outcome.table) : table(outcome.table);
  console.log(`\n${scenario.claim}\n\n${shown}\n`);
  for (const goal of outcome.goals.filter((each) => !met(each))) {
    console.log(`Missed: ${goal.name} is ${goal.value.toPrecision(3)}, not ${goal.sense} ${goal.limit}.`);
  }
  const { cpu, cores, versions: own } = facts;
  console.log(`${cpu}, ${cores} cores, libtorch ${own.libtorch}; all numbers in ${path.relative('', file)}`);
}
