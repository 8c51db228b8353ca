import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { nativeApi } from '../lib/cli/native-api.ts';
import { runCommandLine } from '../lib/cli/run.ts';
import { commandLine } from './support/command-line.ts';
import { temporaryFolder } from './support/folders.ts';
import { drawFolder } from './support/images.ts';

const cwd = temporaryFolder();
const small = ['--architecture', 'resnet18', '--weights', 'none', '--input-size', '64', '--batch-size', '8'];

beforeAll(() => drawFolder(join(cwd, 'photos'), ['circle', 'square'], 10));

/** The real command line with the real library, in this process. */
async function thaw(
  args: readonly string[],
  interruption = new AbortController(),
  onError = (_: string) => {},
) {
  const text = { stdout: '', stderr: '' };
  const code = await runCommandLine(args, {
    stdout: {
      write(part) {
        text.stdout += part;
      },
    },
    stderr: {
      write(part) {
        text.stderr += part;
        onError(part);
      },
    },
    signal: interruption.signal,
    env: { THAW_CACHE: join(cwd, 'cache') },
    cwd,
    api: nativeApi,
  });
  return { code, ...text };
}

const read = (file: string) => JSON.parse(readFileSync(join(cwd, file), 'utf8'));

test('too many unreadable images fail the run; a few are listed', async () => {
  mkdirSync(join(cwd, 'broken'));
  await drawFolder(join(cwd, 'broken'), ['circle', 'square'], 10);
  writeFileSync(join(cwd, 'broken/circle/0.png'), 'not an image');
  const args = ['train', '--data', 'broken', '--epochs', '1', '--validation-split', '0', ...small];
  const failed = await thaw([...args, '--out', 'failed', '--max-skipped', '0', '--quiet']);
  expect(failed.stderr).toMatch(/^thaw: 1 of 20 images are unreadable.*0\.png.*\n$/);
  expect(failed.code).toBe(1);
  expect(existsSync(join(cwd, 'failed/model.safetensors'))).toBe(false);

  const passed = await thaw([...args, '--out', 'passed']);
  expect(passed.code).toBe(0);
  expect(read('passed/quarantine.json')).toEqual([
    {
      kind: 'unreadable',
      decided: 'leftOut',
      names: [join(cwd, 'broken/circle/0.png')],
      code: 'ERR_IMAGE_DECODE',
      reason: expect.any(String),
    },
  ]);
  expect(read('passed/history.json')).toMatchObject({ valLoss: [], valAccuracy: [] });
});

test('the share of unreadable images is judged on both sets together, of fewer than ten not at all', async () => {
  const set = async (name: string, bad: readonly string[], count = 6) => {
    await drawFolder(join(cwd, name), ['circle', 'square'], count);
    for (const file of bad) writeFileSync(join(cwd, name, file), 'not an image');
  };
  await set('most', ['circle/0.png']); // 1 of 12
  await set('held', ['circle/0.png'], 2); // 1 of 4: 2 of 16 in all
  await set('few', ['circle/0.png'], 2);
  await set('gone', ['circle/0.png', 'circle/1.png', 'square/0.png', 'square/1.png'], 2);
  const run = (out: string, data: string, val: string, share: string) =>
    thaw([
      'train',
      '--data',
      data,
      '--val',
      val,
      '--epochs',
      '1',
      '--max-skipped',
      share,
      '--out',
      out,
      ...small,
    ]);
  expect(await run('shares', 'most', 'held', '0.2')).toMatchObject({ code: 0 });
  const refused = await run('shares2', 'most', 'held', '0.1');
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('2 of 16 images are unreadable'),
  });
  const few = await run('few-run', 'few', 'few', '0.1');
  expect(few).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('2 images cannot be read and are left out: '),
  });
  for (const [data, val] of [
    ['gone', 'most'],
    ['most', 'gone'],
  ] as const) {
    const gone = await run(`gone-${data}`, data, val, '1');
    expect(gone).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('None of these 4 images can be read'),
    });
  }
});

test('a device or a layer that is not there', async () => {
  const device = await thaw(['train', '--data', 'photos', '--device', 'cuda:99', '--out', 'x', ...small]);
  expect(device.code).toBe(1);
  expect(device.stderr).toContain("'cuda:99'");
  const layer = await thaw(['train', '--data', 'photos', '--unfreeze', 'layer9', '--out', 'x', ...small]);
  expect(layer.code).toBe(2);
  expect(layer.stderr).toContain('layer9');
});

test('train, evaluate, predict, convert', async () => {
  const trained = await thaw([
    'train',
    '--data',
    'photos',
    '--epochs',
    '2',
    '--out',
    'run',
    '--json',
    ...small,
  ]);
  expect(trained.code).toBe(0);
  const events = trained.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(events.map(({ event }) => event)).toEqual(['start', 'epoch', 'epoch', 'done']);
  expect(readdirSync(join(cwd, 'run')).sort()).toEqual([
    'checkpoint',
    'config.json',
    'history.json',
    'model.safetensors',
    'quarantine.json',
    'report.html',
  ]);
  const evaluated = await thaw([
    'evaluate',
    '--model',
    'run/model.safetensors',
    '--data',
    'photos',
    '--json',
  ]);
  expect(JSON.parse(evaluated.stdout)).toMatchObject({ images: 20, classes: ['circle', 'square'] });
  const model = ['--model', 'run/model.safetensors'];
  const predicted = await thaw([
    'predict',
    ...model,
    'photos/circle/0.png',
    'none.png',
    'photos/square/0.png',
  ]);
  expect(predicted.stdout.match(/^photos\/.*%, .*%$/gm)).toHaveLength(2);
  expect(predicted.stderr).toContain('none.png');
  expect(predicted.code).toBe(1);
  const converted = await thaw(['convert', 'run/model.safetensors', 'run/model.pt']);
  expect(converted.code).toBe(0);
});

test('an interrupted run goes on to the same weights as one that was not', async () => {
  const args = [
    'train',
    '--data',
    'photos',
    '--epochs',
    '3',
    '--unfreeze',
    'layer4',
    '--seed',
    '3',
    ...small,
  ];
  await thaw([...args, '--out', 'whole', '--quiet']);
  const interruption = new AbortController();
  const stopped = await thaw([...args, '--out', 'parts'], interruption, (part) => {
    if (part.startsWith('epoch 1/3')) interruption.abort();
  });
  expect(stopped.code).toBe(130);
  expect(stopped.stderr).toContain('npm run train -- --resume --out parts');
  const resumed = await thaw(['train', '--resume', '--out', 'parts', '--quiet']);
  expect(resumed.code).toBe(0);
  expect(read('parts/history.json').loss).toEqual(read('whole/history.json').loss);
  const weights = (run: string) => readFileSync(join(cwd, run, 'model.safetensors'));
  expect(weights('parts').equals(weights('whole'))).toBe(true);
});

test('the drawn set is written as images that can be read', async () => {
  const { code, stderr } = await thaw([
    'train',
    '--epochs',
    '1',
    '--out',
    'demo',
    ...small,
    '--unfreeze',
    'none',
  ]);
  expect(stderr).not.toContain('could not be read');
  expect(code).toBe(0);
});

test('a listing with several labels a row: trained, measured by label and predicted from the command line', async () => {
  const folder = temporaryFolder();
  await drawFolder(join(folder, 'photos'), ['circle', 'square'], 8);
  const rows = ['circle', 'square'].flatMap((shape) =>
    Array.from({ length: 8 }, (_, i) => `photos/${shape}/${i}.png,${i % 2 === 0 ? shape : `${shape}|even`}`),
  );
  writeFileSync(join(folder, 'rows.csv'), ['path,label', ...rows].join('\n'));
  const api = await nativeApi();
  const train = [
    'train',
    '--data',
    'rows.csv',
    '--weights',
    'none',
    '--architecture',
    'resnet18',
    '--unfreeze',
    'all',
  ];
  const small = [
    '--input-size',
    '32',
    '--epochs',
    '2',
    '--validation-split',
    '0.25',
    '--out',
    'run',
    '--device',
    'cpu',
  ];
  const trained = await commandLine([...train, ...small], api, { cwd: folder });
  expect(trained).toMatchObject({ code: 0 });
  expect(trained.stderr).toContain('a sigmoid unit for each, and binary cross-entropy');
  const model = join(folder, 'run', 'model.safetensors');
  const evaluated = await commandLine(['evaluate', '--model', model, '--data', 'rows.csv'], api, {
    cwd: folder,
  });
  expect(evaluated).toMatchObject({ code: 0 });
  expect(evaluated.stdout).toMatch(/class +precision +recall +F1 +average precision +images\ncircle/);
  expect(evaluated.stdout).not.toContain('predicted');
  const image = join('photos', 'circle', '0.png');
  const all = await commandLine(['predict', '--model', model, '--threshold', '0', image], api, {
    cwd: folder,
  });
  expect(all.stdout.match(/circle|square|even/g)?.length).toBe(4);
  const none = await commandLine(['predict', '--model', model, '--threshold', '1', image], api, {
    cwd: folder,
  });
  expect(none.stdout).toBe(`${image}: none\n`);
});
