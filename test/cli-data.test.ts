import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { commandLine } from './support/command-line.ts';
import { fakeLibrary } from './support/fake-model.ts';
import { makeFiles, numbered, temporaryFolder } from './support/folders.ts';

const train = ['train', '--epochs', '1', '--head', 'linear', '--out'];

test('train says what is left out, and what is kept for a test', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...[
      'train/cat/1.jpg',
      'train/cat/2.heic',
      'train/dog/1.jpg',
      'val/cat/1.jpg',
      'test/dog/1.jpg',
      'test/cat/2.jpg',
    ],
  ]);
  const { api, fits } = fakeLibrary();
  const { code, stderr } = await commandLine([...train, temporaryFolder(), '--data', root], api);
  expect(code).toBe(0);
  expect(stderr).toContain('1 .heic file is left out: this build cannot read it (train/cat/2.heic).\n');
  expect(stderr).toContain(`${join(root, 'val')} holds no images of dog (1 of 2 classes).\n`);
  expect(stderr).toContain(
    '2 training images, 1 for validation, 2 to test on (left alone here: thaw evaluate --split test)',
  );
  expect([fits[0]?.train.size, fits[0]?.options.validationData?.size]).toEqual([2, 1]);
  const quiet = await commandLine([...train, temporaryFolder(), '--data', root, '--json', '--quiet'], api);
  expect(quiet.stderr).toBe('');
  expect(quiet.events[0]).toMatchObject({
    event: 'start',
    notes: expect.arrayContaining([expect.stringContaining('.heic')]),
  });
});

test('train takes a listing with its options, and keeps them for the next run', async () => {
  const root = makeFiles(temporaryFolder(), numbered('img', 20));
  const file = join(temporaryFolder(), 'l.tsv');
  const rows = numbered('img', 20).map((name, i) => `${name}\t${i % 2}\t${i % 2 ? 'x' : 'y'}\t${i % 5}`);
  writeFileSync(file, ['image\tfile\tkind\tpatient', ...rows].join('\n'));
  const { api, fits } = fakeLibrary();
  const out = temporaryFolder();
  const options = [
    '--root',
    root,
    '--path-column',
    'image',
    '--label-column',
    'kind',
    '--group-by',
    'patient',
  ];
  const first = await commandLine([...train, out, '--data', file, ...options], api);
  expect([first.code, first.stderr]).toEqual([
    0,
    expect.stringContaining('groupBy: 1 of 5 groups validate, 4 of 20 images.'),
  ]);
  const again = await commandLine(
    ['train', '--out', temporaryFolder(), '--config', join(out, 'config.json')],
    api,
  );
  expect(again.code).toBe(0);
  expect(fits.map((fit) => fit.options.validationData?.names)).toEqual([
    expect.arrayContaining([expect.stringMatching(/^img\/\d{3}\.jpg$/)]),
    fits[0]?.options.validationData?.names,
  ]);
  const unknown = await commandLine(
    [...train, temporaryFolder(), '--data', file, '--group-by', 'pateint'],
    api,
  );
  expect([unknown.code, unknown.stderr]).toEqual([
    1,
    expect.stringContaining("line 1: the header has 'image' and 'file'; say with pathColumn"),
  ]);
});

test('evaluate takes the side to test on, or the one asked for, and says so', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...['train/cat/1.jpg', 'train/dog/1.jpg', 'val/cat/1.jpg', 'val/cat/2.jpg', 'val/dog/1.jpg'],
    ...['test/cat/1.jpg', 'test/dog/1.jpg', 'test/dog/2.jpg', 'test/dog/3.txt', 'test/dog/4.jpg'],
  ]);
  const { api } = fakeLibrary();
  const evaluate = (...more: string[]) =>
    commandLine(['evaluate', '--model', 'm', '--data', root, ...more], api);
  const own = await evaluate();
  expect(own.stdout).toContain('4 images');
  expect(own.stderr).toBe(
    `${root} is divided: its test images are taken.\n1 .txt file is left out: it is no image (test/dog/3.txt).\n`,
  );
  expect((await evaluate('--split', 'validation')).stdout).toContain('3 images');
  const plain = makeFiles(temporaryFolder(), ['cat/1.jpg', 'dog/1.jpg']);
  const none = await commandLine(['evaluate', '--model', 'm', '--data', plain, '--split', 'test'], api);
  expect([none.code, none.stderr]).toEqual([
    1,
    `thaw: ${plain} is not divided: there is no side to test on.\n`,
  ]);
  const listing = await commandLine(['evaluate', '--model', 'm', '--data', plain, '--root', '.'], api);
  expect([listing.code, listing.stderr]).toEqual([
    2,
    `thaw: root is an option of listings, and ${plain} is a folder.\n`,
  ]);
});
