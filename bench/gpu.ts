/** `npm run bench:gpu`: results and speed on a GPU, from one program that needs nothing but what is on the machine. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { hasNvidiaDriver } from '../lib/libtorch/driver.ts';
import type { Native } from '../lib/native.ts';
import { run } from '../lib/system/run.ts';
import { loadAddon, makeModel, trainEpochs } from './gpu/addon.ts';
import { build } from './gpu/build.ts';
import { type Check, checks } from './gpu/checks.ts';
import { type GpuBenchOptions, gpuBenchOptions, USAGE } from './gpu/options.ts';
import { GpuPeer } from './gpu/peer.ts';
import { photographs } from './gpu/photographs.ts';
import { type SpeedRow, speed, TASKS, UNFUSED } from './gpu/speed.ts';
import { type TestResult, tests } from './gpu/tests.ts';
import { median } from './measuring/statistics.ts';
import { table } from './presenting/table.ts';

interface Report {
  command: string;
  date: string;
  machine?: object;
  build?: object;
  tests?: TestResult[];
  checks?: Check[];
  speed?: SpeedRow[];
  photographs?: object;
}

const note = (line: string) => void process.stderr.write(`${line}\n`);

try {
  const options = gpuBenchOptions(process.argv.slice(2));
  if (options === 'help') console.log(USAGE);
  else await bench(options);
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw bench:gpu: ${error.message} [${error.code}]`);
  process.exitCode = error.code === 'ERR_INVALID_ARGUMENT' ? 2 : 1;
}

async function bench(options: GpuBenchOptions): Promise<void> {
  if (options.device === 'cuda' && !(await hasNvidiaDriver(process.env))) {
    throw new ThawError(
      'ERR_DEVICE_NOT_FOUND',
      'There is no NVIDIA GPU here: run it where one is, or with --device cpu --quick to see that it works.',
    );
  }
  const root = packageRoot();
  const file = path.resolve(root, options.out);
  const report: Report = {
    ...(existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as Report)),
    command: ['npm run bench:gpu --', ...process.argv.slice(2)].join(' '),
    date: new Date().toISOString().slice(0, 10),
  };
  // After every section: a machine may be taken away.
  const save = async () => {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, null, 1)}\n`);
  };

  note('building');
  const built = await build(root, options, process.env);
  const addon = loadAddon(built.addon);
  const info = addon.info();
  if (options.device === 'cuda' && info.gpus.length === 0) {
    throw new ThawError('ERR_DEVICE_NOT_FOUND', 'The NVIDIA driver is here, but no GPU that it can use.');
  }
  const script = path.join(root, 'bench', 'peers', 'gpu.py');
  const versions = await run(options.python, [script, 'versions']);
  const hasPeer = versions.status === 0;
  if (!hasPeer) note(`without PyTorch: ${versions.stderr.trim().split('\n').at(-1)}`);
  report.machine = {
    device: options.device === 'cuda' ? info.gpus[0] : 'cpu',
    cpu: os.cpus()[0]?.model.trim(),
    cores: os.availableParallelism(),
    versions: { node: process.versions.node, libtorch: info.libtorch, cuda: info.cuda, cudnn: info.cudnn },
    pytorch: hasPeer ? JSON.parse(versions.stdout) : null,
  };
  report.build = { seconds: Math.round(built.seconds), libtorch: info.libtorch };
  await save();

  const { device, quick } = options;
  const weights = process.env.WEIGHTS;
  const data = () => {
    const folder = process.env.DATA && path.join(process.env.DATA, 'train');
    if (folder && existsSync(folder)) return folder;
    throw new ThawError('ERR_INVALID_ARGUMENT', 'DATA: a folder with train/ in it is needed.');
  };
  if (options.sections.includes('tests')) {
    report.tests = await tests(built.folder, note);
    await save();
  }
  if (options.sections.includes('checks')) {
    // One decoder for both sides: the GPU's rounds otherwise, and the losses are what is compared.
    report.checks = await decodedOnCpu(() => checks({ addon, device, weights, data: data(), quick, note }));
    await save();
    printChecks(report.checks);
  }
  if (options.sections.includes('speed'))
    await measure(options, built.steps, hasPeer ? script : '', report, save);
  if (options.sections.includes('photographs')) {
    report.photographs = await fromFiles(addon, device, weights, data(), quick);
  }
  await save();
  console.log(`All numbers are in ${path.relative('', file)}.`);
  const failed =
    report.checks?.some(({ met }) => !met) ||
    report.tests?.some(({ passed }) => !passed) ||
    report.speed?.some(({ errors }) => errors.thaw !== undefined);
  if (failed) process.exitCode = 1;
}

async function decodedOnCpu<T>(work: () => Promise<T>): Promise<T> {
  const before = process.env.THAW_NVJPEG;
  process.env.THAW_NVJPEG = 'none';
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.THAW_NVJPEG;
    else process.env.THAW_NVJPEG = before;
  }
}

/** Everything trained from JPEG files, decoded on the device where it can, then on the processor. */
async function fromFiles(
  addon: Native,
  device: 'cuda' | 'cpu',
  weights: string | undefined,
  folder: string,
  quick: boolean,
): Promise<object> {
  const [images, batchSize, epochs] = quick ? [8, 4, 2] : [8192, 256, 3];
  const choice = { batchSize, epochs, precision: 'bfloat16', learningRate: 1e-4, shuffle: true } as const;
  const imagesPerSecond: Record<string, { median: number; each: number[] }> = {};
  for (const decoding of ['device', 'cpu']) {
    note(`everything trained, from JPEG files decoded on the ${decoding}`);
    const train = async () => {
      const model = await makeModel(addon, { device, weights, trained: '*' });
      const epochs = await trainEpochs(addon, model, photographs(folder, images), choice);
      model.dispose();
      return epochs;
    };
    const records = await (decoding === 'cpu' ? decodedOnCpu(train) : train());
    // The first epoch chooses kernels and records.
    const each = records.slice(1).map((epoch) => epoch.imagesPerSecond);
    imagesPerSecond[decoding] = { median: median(each), each };
    console.log(`Everything trained, decoded on the ${decoding}: ${median(each).toFixed(0)} images/s`);
  }
  return { images, batchSize, epochs, imagesPerSecond };
}

async function measure(
  options: GpuBenchOptions,
  steps: string,
  script: string,
  report: Report,
  save: () => Promise<void>,
): Promise<void> {
  const { device, quick, runs, tasks } = options;
  const unknown = tasks?.find((name) => !TASKS.some((task) => task.name === name));
  if (unknown !== undefined) {
    const names = TASKS.map(({ name }) => name).join(', ');
    throw new ThawError('ERR_INVALID_ARGUMENT', `Expected --tasks of ${names} but received ${unknown}.`);
  }
  const peer = new GpuPeer(options.python, script);
  const variants =
    script === '' ? [] : (options.variants ?? (device === 'cuda' ? ['eager', 'compiled'] : ['eager']));
  try {
    for (const task of TASKS) {
      if (tasks && !tasks.includes(task.name)) continue;
      const ask = peer.ask.bind(peer);
      const row = await speed(task, {
        steps,
        device,
        precision: 'bfloat16',
        quick,
        runs,
        variants,
        ask,
        note,
      });
      report.speed = [...(report.speed ?? []).filter((other) => other.task !== task.name), row];
      await save();
    }
  } finally {
    peer.end();
  }
  printSpeed(report.speed ?? []);
}

function printChecks(all: readonly Check[]): void {
  const lines = all.map(({ name, difference, limit, met }) => [
    name,
    difference.toExponential(1),
    limit.toExponential(0),
    met ? 'yes' : 'NO',
  ]);
  console.log(`\n${table([['CPU = device', 'difference', 'limit', 'met'], ...lines])}`);
}

function printSpeed(rows: readonly SpeedRow[]): void {
  const number = (value: number | undefined) => value?.toFixed(0) ?? '';
  const ratio = (a: number | undefined, b: number | undefined) => (a && b ? (a / b).toFixed(2) : '');
  const lines = rows.map(({ title, batch, median: { thaw, eager, compiled, ...others }, goal }) => [
    title,
    String(batch),
    number(thaw),
    number(others[UNFUSED]),
    number(eager),
    ratio(thaw, eager),
    number(compiled),
    ratio(thaw, compiled),
    number(goal),
  ]);
  const head = [
    'images/s',
    'batch',
    'thaw',
    'unfused',
    'PyTorch',
    'ratio',
    'compiled',
    'ratio',
    'goal (H100)',
  ];
  console.log(`\n${table([head, ...lines])}`);
}
