import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ThawError } from '../../lib/errors.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { run } from '../../lib/system/run.ts';
import { measure } from '../measuring/process.ts';
import { imagesIn } from '../measuring/subset.ts';
import { atLeast, atMost } from '../scenario.ts';
import { processes, SPEED } from './processes.ts';

export const decode = processes(
  {
    name: 'decode',
    claim:
      'Reading, decoding, resizing to 256 and cropping 224 is faster than in Pillow, with the same pixels.',
    only: 'cpu',
  },
  async ({ options, folder, python, data, note }) => {
    const advice = python.lacks(['numpy', 'pillow']);
    if (advice !== undefined) throw new ThawError('ERR_BENCH_PEER', advice);
    const paths = await imagesIn(await data('train'));
    const list = path.join(folder, 'list.txt');
    await writeFile(list, `${paths.join('\n')}\n`);
    note('building the decoding program');
    const program = await build();
    const own = async (...args: (string | number)[]) => {
      return { command: program, args: [list, ...args.map(String)], cwd: folder };
    };
    const other = (job: object) => python.command('pillow_decode.py', { paths, ...job }, folder);

    const pixels = path.join(folder, 'thaw.bin');
    await measure(await own(0, 0, pixels));
    const { unequal = Number.NaN, largest = Number.NaN } =
      (await measure(await other({ pixels }))).told.at(-1) ?? {};

    const passes = options.quick ? 2 : 3;
    const cores = [...new Set([1, os.availableParallelism()])];
    return {
      settings: { images: paths.length, passes, threads: cores },
      cases: cores.flatMap((threads) => {
        const group = threads === 1 ? 'one core' : `${threads} cores`;
        return [
          { name: 'thaw', title: 'thaw', group, command: () => own(threads, passes) },
          { name: 'pillow', title: 'Pillow', group, command: () => other({ threads, passes }) },
        ];
      }),
      group: 'on',
      value: SPEED,
      columns: {
        'unequal pixels': ['count', () => unequal],
        'largest difference': ['count', () => largest],
      },
      goals: (rows) => [
        atMost('largest difference of a pixel', largest, 1),
        ...rows
          .filter(({ name, group }) => name === 'pillow' && group === 'one core')
          .map(({ ahead }) => atLeast('ratio to Pillow on one core', ahead, 1.8)),
      ],
    };
  },
);

/** The engine's loader as a program of its own, made by the build that made the addon. */
async function build(): Promise<string> {
  const folder = path.join(packageRoot(), 'build');
  const settings = await readFile(path.join(folder, 'CMakeCache.txt'), 'utf8').catch(() => '');
  const cmake = /^CMAKE_COMMAND:INTERNAL=(.+)$/m.exec(settings)?.[1];
  if (!cmake)
    throw new ThawError('ERR_BENCH_CHILD', 'There is no build folder to build in: run npm run setup first.');
  const { status, stdout, stderr } = await run(cmake, ['--build', folder, '--target', 'bench_decode']);
  if (status !== 0) throw new ThawError('ERR_BENCH_CHILD', (stderr || stdout).trim());
  return path.join(folder, 'bench/engine/bench_decode');
}
