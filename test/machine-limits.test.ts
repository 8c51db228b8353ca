import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import { temporaryFolder } from './support/folders.ts';

// Processes of the built package at a limit of threads or of memory.
const folder = temporaryFolder();
const library = pathToFileURL(join(packageRoot(), 'dist', 'lib', 'index.js')).href;

function program(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(
    path,
    `
    import { execFileSync } from 'node:child_process';
    import { readFileSync } from 'node:fs';
    import { stat } from 'node:fs/promises';
    import { ResNet18, ResNet152, imageArray, linearHead } from ${JSON.stringify(library)};
    await stat('/'); // libuv starts its own threads, and ends the process where it cannot
    const shape = [8, 32, 32, 3];
    const values = Uint8Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => (i * 37) % 256);
    const data = imageArray(values, { shape, labels: [0, 1, 0, 1, 0, 1, 0, 1], classes: ['a', 'b'] });
    const code = (work) => work.then(() => 'done', (error) => error.code + ': ' + error.message);
    ${body}
    `,
  );
  return path;
}

interface End {
  status: number;
  stdout: string;
  stderr: string;
}

function run(command: string, args: readonly string[]): Promise<End> {
  return new Promise((resolve) => {
    execFile(command, args, { timeout: 120_000 }, (error, stdout, stderr) => {
      const status = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ status, stdout, stderr });
    });
  });
}

// Root has no limit of processes: another user, of whom no other process is, who may read what root may.
const another = [
  ...['--clear-groups', '--inh-caps=-all,+dac_read_search', '--ambient-caps=-all,+dac_read_search'],
  ...['--bounding-set=-all,+dac_read_search'],
];
const asAnother =
  process.getuid?.() === 0 &&
  spawnSync('setpriv', ['--reuid=61234', ...another, 'prlimit', '--nproc=50', 'true']).status === 0;
const testOrSkip = asAnother ? test : test.skip;

testOrSkip(
  'at a limit of threads a run is slower or ends with a code (skipped where there is no other user)',
  async () => {
    const path = program(
      'threads.mjs',
      `
    console.log('started');
    const end = await code((async () => {
      const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
      model.replaceHead(linearHead(2));
      model.compile();
      await model.fit(data, { epochs: 1, batchSize: 4 });
      await model.predict({ data: values, shape });
    })());
    console.log(end);
    process.exit(0);
    `,
    );
    // A user each, so that they do not count for one another.
    const counts = [10, 11, 12, 13, 14, 15, 18];
    const processes = counts.map((threads) =>
      run('setpriv', [
        `--reuid=${61234 + threads}`,
        ...another,
        ...['prlimit', `--nproc=${threads}`, process.execPath, path],
      ]),
    );
    const ends: string[] = [];
    for (const { status, stdout, stderr } of await Promise.all(processes)) {
      // Where Node cannot start its own threads, nothing of ours has run.
      if (!stdout.startsWith('started')) continue;
      expect([status, stderr]).toEqual([0, expect.not.stringMatching(/terminate|libgomp/)]);
      ends.push(stdout.split('\n')[1] ?? '');
    }
    expect(ends.at(-1)).toBe('done');
    for (const end of ends) expect(end).toMatch(/^(done|ERR_NO_THREAD: .*raise the limit of processes.*)$/);
    expect(ends.some((end) => end.startsWith('ERR_NO_THREAD'))).toBe(true);
  },
);

test('at a limit of memory every call is refused with a code, and the model stays of use', async () => {
  const path = program(
    'memory.mjs',
    `
    const size = () => Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
    const limit = (bytes) => execFileSync('prlimit', ['--pid=' + process.pid, '--as=' + bytes + ':']);
    const load = (network = ResNet152) => network.load({ weights: null, device: 'cpu', inputShape: [224, 224, 3] });
    const large = { data: new Uint8Array(64 * 224 * 224 * 3), shape: [64, 224, 224, 3] };
    const model = await load(ResNet18);
    model.replaceHead(linearHead(2));
    model.compile();
    const small = { data: values, shape };
    const calls = {
      load: () => load(),
      fit: () => model.fit(imageArray(large.data, { shape: large.shape, labels: Array.from({ length: 64 }, (_, i) => i % 2), classes: ['a', 'b'] }), { epochs: 1, batchSize: 64, cache: 'off' }),
      predict: () => model.predict(large, { batchSize: 64 }),
      save: () => model.save(${JSON.stringify(join(folder, 'model.pt'))}),
    };
    for (const [name, call] of Object.entries(calls)) {
      limit(size() + 40 * 2 ** 20);
      const refused = await code(call());
      limit('unlimited');
      console.log(JSON.stringify({ name, refused }));
    }
    console.log(JSON.stringify({ name: 'then', refused: await code(model.predict(large, { batchSize: 64 })) }));
    process.exit(0);
    `,
  );
  const end = await run(process.execPath, [path]);
  expect([end.status, end.stderr]).toEqual([0, expect.not.stringContaining('terminate')]);
  const seen = end.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { name: string; refused: string });
  expect(seen.map(({ name }) => name)).toEqual(['load', 'fit', 'predict', 'save', 'then']);
  for (const { name, refused } of seen) {
    if (name === 'save' && refused === 'done') continue; // written tensor by tensor, it may fit
    const expected = name === 'then' ? /^done$/ : /^(ERR_OUT_OF_MEMORY: .*memory|ERR_NO_THREAD: )/i;
    expect([name, refused]).toEqual([name, expect.stringMatching(expected)]);
  }
});
