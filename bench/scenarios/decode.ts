import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ThawError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { imageFolder } from '../../lib/index.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns } from '../measuring/turns.ts';
import { percent, short } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const decode: Scenario = {
  name: 'decode',
  claim:
    'Reading, decoding, resizing to 256 and cropping 224 is faster than in Pillow, with the same pixels.',
  needsPeer: true,
  run,
};

const execute = promisify(execFile);

async function run(context: Context): Promise<Outcome> {
  const { quick, folder, peer } = context;
  const { source } = (await imageFolder(await context.data('train'))).train;
  if (!peer || source.kind !== 'files') throw new TypeError('Nothing to compare with.');
  const paths = source.paths.map((file) => path.resolve(file));
  const list = path.join(folder, 'list.txt');
  await writeFile(list, `${paths.join('\n')}\n`);
  const program = await build(context);
  const own = async (...args: string[]): Promise<number> =>
    JSON.parse((await execute(program, args)).stdout).imagesPerSecond;
  const pillow = async (parameters: object): Promise<number> =>
    (await peer.run<{ imagesPerSecond: number }>('pillow_decode.py', { paths, ...parameters }, folder))
      .imagesPerSecond;

  const pixels = { thaw: path.join(folder, 'thaw.bin'), pillow: path.join(folder, 'pillow.bin') };
  await own(list, '0', '0', pixels.thaw).catch(childFailed);
  await pillow({ pixels: pixels.pillow });
  const difference = await compare(pixels.thaw, pixels.pillow);
  context.note(`pixels: ${percent(difference.equal)} equal, the largest difference is ${difference.largest}`);

  const cores = os.availableParallelism();
  const passes = quick ? 2 : 3;
  const threads = [...new Set([1, cores])];
  const turns = await inTurns(
    threads.flatMap((count) => [
      { name: `thaw, ${count}`, start: () => own(list, String(count), String(passes)).catch(childFailed) },
      { name: `Pillow, ${count}`, start: () => pillow({ threads: count, passes }) },
    ]),
    {
      runs: context.options.runs ?? (quick ? 1 : 5),
      attempts: quick ? 1 : 6,
      note: context.note,
      describe: (value) => `${short(value)} images/s`,
    },
  );
  const speed = (name: string) => median(turns.find((turn) => turn.name === name)?.values ?? [Number.NaN]);
  const rows = threads.map((count) => {
    const [thaw, other] = [speed(`thaw, ${count}`), speed(`Pillow, ${count}`)];
    return { count, thaw, other, ratio: thaw / other };
  });
  return {
    settings: { images: paths.length, passes, threads },
    table: [
      ['images/s', 'thaw', 'Pillow', 'ratio'],
      ...rows.map(({ count, thaw, other, ratio }) => [
        count === 1 ? 'one core' : `${count} cores`,
        short(thaw),
        short(other),
        ratio.toFixed(2),
      ]),
      ['equal pixels', percent(difference.equal), `differ by up to ${difference.largest}`, ''],
    ],
    charts: [
      {
        kind: 'bars',
        title: 'JPEG files to 224 x 224 pixels',
        unit: 'images/s',
        groups: rows.map(({ count, thaw, other }) => ({
          title: count === 1 ? 'one core' : `${count} cores`,
          bars: [
            { label: 'thaw', value: thaw },
            { label: 'Pillow', value: other },
          ],
        })),
      },
    ],
    goals: [
      { name: 'largest difference of a pixel', value: difference.largest, limit: 1, sense: 'at most' },
      ...(quick
        ? []
        : [
            {
              name: 'ratio to Pillow on one core',
              value: rows[0]?.ratio ?? Number.NaN,
              limit: 1.8,
              sense: 'at least' as const,
            },
          ]),
    ],
    measured: { difference, turns },
  };
}

/** The engine's loader as a program of its own, made by the build that made the addon. */
async function build({ note }: Context): Promise<string> {
  const folder = path.join(packageRoot(), 'build');
  const settings = await readFile(path.join(folder, 'CMakeCache.txt'), 'utf8').catch(() => '');
  const cmake = /^CMAKE_COMMAND:INTERNAL=(.+)$/m.exec(settings)?.[1];
  if (!cmake)
    throw new ThawError('ERR_BENCH_CHILD', 'There is no build folder to build in: run npm run setup first.');
  note('building the decoding program');
  const args = ['--build', folder, '--target', 'bench_decode'];
  await execute(cmake, args, { maxBuffer: 1 << 26 }).catch(childFailed);
  return path.join(folder, 'bench/engine/bench_decode');
}

function childFailed(error: { stderr?: string; message: string }): never {
  const said = error.stderr?.trim().split('\n').slice(-3).join(' ');
  throw new ThawError('ERR_BENCH_CHILD', said || error.message);
}

/** Share of equal values, and the largest difference. */
async function compare(a: string, b: string): Promise<{ equal: number; largest: number }> {
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
  return { equal: equal / own.length, largest };
}
