import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import { ResNet18 } from '../lib/index.ts';
import { temporaryFolder } from './support/folders.ts';
import { drawFolder } from './support/images.ts';
import { pythonWith } from './support/python.ts';

// Processes of the built package that end while native threads compute.
const library = join(packageRoot(), 'dist', 'lib');
const folder = temporaryFolder();
const program = join(folder, 'program.mjs');

/** Computes, over and over, and says so after the first time. */
const computing = `
  import { ResNet18, imageArray, linearHead } from ${JSON.stringify(pathToFileURL(join(library, 'index.js')))};
  const small = { device: 'cpu', inputShape: [32, 32, 3] };
  const shape = [16, 32, 32, 3];
  const values = Float32Array.from({ length: 16 * 32 * 32 * 3 }, (_, i) => Math.sin(i));
  const data = imageArray(values, { shape, labels: shape.concat(shape, shape, shape).map((_, i) => i % 2), classes: ['a', 'b'] });
  const pixels = { data: new Uint8Array(values.length), shape };
  const file = ${JSON.stringify(join(folder, 'model.safetensors'))};
  const activities = {
    fit: (model, begun) =>
      model.fit(data, { epochs: 1e6, batchSize: 4, cache: 'off', callbacks: { onBatchEnd() {}, onEpochEnd: begun } }),
    evaluate: (model) => model.evaluate(data, { batchSize: 4 }),
    predict: (model) => model.predict(pixels, { batchSize: 4 }),
    load: () => ResNet18.load({ ...small, weights: file }).then((model) => model.dispose()),
    save: (model) => model.save(file + '.' + process.pid + '.safetensors'),
  };
  export async function compute(name, begun) {
    const model = await ResNet18.load({ ...small, weights: null });
    model.replaceHead(linearHead(2));
    model.compile();
    for (;;) {
      await activities[name](model, begun);
      begun();
    }
  }
`;
const names = ['fit', 'evaluate', 'predict', 'load', 'save'];
/** Of each end; what differs is what is under way, and since when. */
const times = 20;

const main = `
  import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
  import { compute } from './computing.mjs';
  const endings = {
    exit: () => process.exit(7),
    throw: () => { throw new Error('on purpose'); },
    SIGTERM: () => process.kill(process.pid, 'SIGTERM'),
    pipe: () => setInterval(() => process.stdout.write('more'), 1),
  };
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const start = async (name) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: name });
    await new Promise((resolve) => worker.once('message', resolve));
    return worker;
  };
  if (isMainThread) {
    const [ending, where, delay, ...names] = process.argv.slice(2);
    if (ending === 'terminate') {
      for (const [i, name] of names.entries()) {
        const worker = await start(name);
        await pause(i);
        await worker.terminate();
      }
    } else {
      await Promise.all(names.map((name) => where === 'here' ? new Promise((resolve) => compute(name, resolve)) : start(name)));
      setTimeout(endings[ending], Number(delay));
    }
  } else {
    compute(workerData, () => parentPort.postMessage('begun'));
  }
`;

beforeAll(async () => {
  writeFileSync(join(folder, 'computing.mjs'), computing);
  writeFileSync(program, main);
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  await model.save(join(folder, 'model.safetensors'));
  model.dispose();
  await drawFolder(join(folder, 'photos'), ['circle', 'square'], 8);
});

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stderr: string;
}

/** Every second one with threads of OpenMP's. */
let started = 0;

/**
 * Runs a process to its end.
 * @param closes which of its outputs are closed once something was read from them
 * @param at the signal to send it for what it has written to standard error
 */
async function ended(
  args: readonly string[],
  {
    closes = [] as readonly ('stdout' | 'stderr')[],
    at = (_: string): NodeJS.Signals | undefined => undefined,
    stdout = 'pipe' as 'pipe' | number,
  } = {},
): Promise<End> {
  const child = spawn(process.execPath, args, {
    cwd: folder,
    stdio: ['ignore', stdout, 'pipe'],
    env: { ...process.env, OMP_NUM_THREADS: String(1 + (started++ % 2)) },
  });
  let stderr = '';
  child.stderr?.on('data', (part) => {
    stderr += part;
    const signal = at(stderr);
    if (signal) child.kill(signal);
  });
  child.stdout?.resume();
  for (const name of closes) child[name]?.once('data', () => child[name]?.destroy());
  const [code, signal] = await once(child, 'close');
  return { code, signal, stderr };
}

/** So many ends, a few at a time: every one as `expected`. */
async function all(expected: object, end: (i: number) => Promise<End>, count = times): Promise<void> {
  const ends: End[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < count; i = next++) ends.push(await end(i));
  };
  await Promise.all([lane(), lane(), lane(), lane()]);
  expect(ends).toEqual(Array(count).fill(expect.objectContaining(expected)));
}

/** One of all that may be under way, or all of it. */
const underWay = (i: number) => (i % 4 === 3 ? names : [names[i % names.length] as string]);

test.each([
  ['process.exit()', 'exit', 'here', { code: 7, signal: null }],
  ['an uncaught error', 'throw', 'here', { code: 1, signal: null }],
  ['a closed pipe that nobody minds', 'pipe', 'here', { code: 1, signal: null }],
  ['process.exit() beside workers', 'exit', 'workers', { code: 7, signal: null }],
] as const)('the process ends while it computes: %s', async (_, ending, where, expected) => {
  const closes = ending === 'pipe' ? (['stdout'] as const) : [];
  await all(expected, (i) => ended([program, ending, where, String(i), ...underWay(i)], { closes }));
});

test('a signal that nobody handles', async () => {
  expect(await ended([program, 'SIGTERM', 'here', '0', ...names])).toMatchObject({ signal: 'SIGTERM' });
});

// What the engine tells meets an environment that runs nothing any more: not at each termination, hence many.
test('workers are terminated while they compute', async () => {
  const others = Array.from({ length: times }, (_, i) => names[1 + (i % (names.length - 1))] as string);
  const sets = [Array<string>(times).fill('fit'), others];
  const end = (i: number) => ended([program, 'terminate', 'workers', '0', ...(sets[i] ?? [])]);
  await all({ code: 0, signal: null, stderr: '' }, end, sets.length);
});

const train = [join(library, 'cli', 'main.js'), 'train', '--data', 'photos', '--architecture', 'resnet18'];
const small = [...train, '--weights', 'none', '--input-size', '32', '--batch-size', '4'];
const endless = [...small, '--epochs', '1000000'];

test('thaw train ends at once with the second signal', async () => {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 };
  const ends = (signal: (typeof signals)[number]) => async (i: number) => {
    const signs = [/epoch +1\//, /once more/];
    const end = await ended([...endless, '--out', `twice-${signal}-${i}`], {
      at: (stderr) => (signs[0]?.test(stderr) && signs.shift() ? signal : undefined),
    });
    // The second may meet a process that has done what the first asked for, and has let go of its handlers.
    const late = end.signal === signal && end.stderr.includes('go on with: ');
    return late ? { ...end, code: codes[signal], signal: null } : end;
  };
  for (const signal of signals)
    await all({ code: codes[signal], signal: null }, ends(signal), signal === 'SIGINT' ? times : 2);
});

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('thaw train finishes its step at the first %s and says how to go on', async (name, code) => {
  const signs = [/epoch +1\//];
  const end = await ended([...endless, '--out', name], {
    at: (stderr) => (signs[0]?.test(stderr) && signs.shift() ? name : undefined),
  });
  expect(end).toMatchObject({ code, signal: null });
  expect(end.stderr).toContain(`go on with: npm run train -- --resume --out ${name}\n`);
  expect(readdirSync(join(folder, name))).not.toContain('run.lock');
});

const python = pythonWith();
(python ? test : test.skip)('thaw train finishes its step when its terminal is closed', async () => {
  const script = join(import.meta.dirname, 'peers', 'closed_terminal.py');
  const child = spawn(
    python as string,
    [script, 'val loss', process.execPath, ...endless, '--out', 'terminal'],
    { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, OMP_NUM_THREADS: '1' } },
  );
  const [text] = await once(child.stdout, 'data');
  expect(JSON.parse(String(text))).toEqual([129, null]);
  expect(readdirSync(join(folder, 'terminal')).toSorted()).toEqual([
    'checkpoint',
    'config.json',
    'history.json',
    'quarantine.json',
  ]);
});

/** What cannot be written, and what there is to read of it. */
const losses = [
  ['a reader of both outputs that goes', { closes: ['stdout', 'stderr'] }],
  ['a reader of events that goes', { closes: ['stdout'] }],
  ['a reader of progress that goes', { closes: ['stderr'] }],
  ['a full disk', { stdout: openSync('/dev/full', 'w') }],
] as const;

test.each(losses)('thaw train goes on to its end without %s', async (loss, options) => {
  const out = (i: number) => join(folder, `${loss} ${i}`);
  const count = times / losses.length;
  await all(
    { code: 0, signal: null },
    (i) => ended([...small, '--epochs', '3', '--json', '--out', out(i)], options),
    count,
  );
  for (let i = 0; i < count; i++)
    expect(JSON.parse(readFileSync(join(out(i), 'history.json'), 'utf8')).loss).toHaveLength(3);
});
