import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ThawError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { imageFolder } from '../../lib/index.ts';
import { answerOf } from '../measuring/process.ts';
import type { Context } from '../scenario.ts';
import type { Python } from '../systems/python.ts';
import { type Case, caseOf, processes } from './processes.ts';

interface DecodeCase extends Case {
  readonly threads: number;
}

export const decode = processes<DecodeCase>(
  {
    name: 'decode',
    claim:
      'Reading, decoding, resizing to 256 and cropping 224 is faster than in Pillow, with the same pixels.',
    only: 'cpu',
  },
  async ({ quick, folder, python, data, note }) => {
    const pillow = withPillow(python);
    const { source } = (await imageFolder(await data('train'))).train;
    const paths = source.kind === 'files' ? source.paths.map((file) => path.resolve(file)) : [];
    const list = path.join(folder, 'list.txt');
    await writeFile(list, `${paths.join('\n')}\n`);
    const program = await build(note);
    const own = (...args: (string | number)[]) => ({
      command: program,
      args: [list, ...args.map(String)],
      cwd: folder,
    });

    const pixels = { thaw: path.join(folder, 'thaw.bin'), pillow: path.join(folder, 'pillow.bin') };
    await answerOf(own(0, 0, pixels.thaw));
    await answerOf(await pillow.command('pillow_decode.py', { paths, pixels: pixels.pillow }, folder));
    const difference = await compare(pixels.thaw, pixels.pillow);
    note(
      `equal pixels: ${difference.equal} of ${difference.all}, the largest difference is ${difference.largest}`,
    );

    const passes = quick ? 2 : 3;
    const threads = [...new Set([1, os.availableParallelism()])];
    return {
      settings: { images: paths.length, passes, threads, pixels: difference },
      cases: threads.flatMap((threads) => {
        const group = threads === 1 ? 'one core' : `${threads} cores`;
        const parameters = { paths, threads, passes };
        const other = () => pillow.command('pillow_decode.py', parameters, folder);
        return [
          { ...caseOf({ name: 'thaw', title: 'thaw' }, group, async () => own(threads, passes)), threads },
          { ...caseOf({ name: 'pillow', title: 'Pillow' }, group, other), threads },
        ];
      }),
      group: 'on',
      value: {
        title: 'images/s',
        unit: 'images/s',
        better: 'more',
        read: ({ last }) => last.imagesPerSecond ?? Number.NaN,
      },
      columns: {
        'unequal pixels': ['count', () => difference.all - difference.equal],
        'largest difference': ['count', () => difference.largest],
      },
      goals: (rows) => [
        { name: 'largest difference of a pixel', value: difference.largest, limit: 1, sense: 'at most' },
        {
          name: 'ratio to Pillow on one core',
          value: rows.find(({ name, threads }) => name === 'pillow' && threads === 1)?.ahead ?? Number.NaN,
          limit: 1.8,
          sense: 'at least',
        },
      ],
    };
  },
);

function withPillow(python: Python | string): Python {
  const advice = typeof python === 'string' ? python : python.lacks(['numpy', 'pillow']);
  if (typeof python === 'string' || advice !== undefined)
    throw new ThawError('ERR_BENCH_PEER', String(advice));
  return python;
}

/** The engine's loader as a program of its own, made by the build that made the addon. */
async function build(note: Context['note']): Promise<string> {
  const folder = path.join(packageRoot(), 'build');
  const settings = await readFile(path.join(folder, 'CMakeCache.txt'), 'utf8').catch(() => '');
  const cmake = /^CMAKE_COMMAND:INTERNAL=(.+)$/m.exec(settings)?.[1];
  if (!cmake)
    throw new ThawError('ERR_BENCH_CHILD', 'There is no build folder to build in: run npm run setup first.');
  note('building the decoding program');
  const args = ['--build', folder, '--target', 'bench_decode'];
  await promisify(execFile)(cmake, args, { maxBuffer: 1 << 26 }).catch((error: Error) => {
    throw new ThawError('ERR_BENCH_CHILD', error.message);
  });
  return path.join(folder, 'bench/engine/bench_decode');
}

async function compare(a: string, b: string): Promise<{ all: number; equal: number; largest: number }> {
  const [own, other] = await Promise.all([readFile(a), readFile(b)]);
  if (own.length !== other.length)
    throw new ThawError('ERR_BENCH_PEER', 'The images differ in their number.');
  let equal = 0;
  let largest = 0;
  for (let i = 0; i < own.length; i++) {
    const difference = Math.abs((own[i] ?? 0) - (other[i] ?? 0));
    if (difference === 0) equal++;
    if (difference > largest) largest = difference;
  }
  return { all: own.length, equal, largest };
}
