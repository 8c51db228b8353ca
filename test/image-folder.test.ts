import { execFileSync } from 'node:child_process';
import { chmodSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Dataset } from '../lib/data/dataset.ts';
import { imageFolder } from '../lib/data/image-folder.ts';
import { makeFiles, numbered, temporaryFolder } from './support/folders.ts';

function paths(dataset: Dataset, root: string): string[] {
  if (dataset.source.kind !== 'files') throw new Error('not files');
  return dataset.source.paths.map((path) => relative(root, path));
}

test.each([
  ['a folder that is not there', '/nowhere/at/all', {}, 'ERR_DATA_NOT_FOUND'],
  ['an option of another name', '.', { validationSplitt: 0.2 }, 'ERR_UNKNOWN_OPTION'],
  ['a share of everything', '.', { validationSplit: 1 }, 'ERR_INVALID_ARGUMENT'],
  ['a negative share', '.', { validationSplit: -0.1 }, 'ERR_INVALID_ARGUMENT'],
  ['a seed with a fraction', '.', { seed: 0.5 }, 'ERR_INVALID_ARGUMENT'],
  ['two ways to validate', '.', { validationSplit: 0.2, validation: '.' }, 'ERR_INVALID_ARGUMENT'],
  ['no extensions', '.', { extensions: [] }, 'ERR_INVALID_ARGUMENT'],
  ['an empty path', '', {}, 'ERR_INVALID_ARGUMENT'],
])('refuses %s', async (_, directory, options, code) => {
  const root = makeFiles(temporaryFolder(), ['a/1.jpg', 'b/1.jpg']);
  await expect(imageFolder(directory === '.' ? root : directory, options as object)).rejects.toMatchObject({
    code,
  });
});

test('refuses an empty folder, a lone class and an empty class, each in a sentence', async () => {
  const root = temporaryFolder();
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
    message: expect.stringContaining(root),
  });
  makeFiles(root, ['cat/1.jpg', 'loose.jpg']);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_ONE_CLASS',
    message: `${root} holds one class only, 'cat'; telling images apart takes at least two class folders.`,
  });
  makeFiles(root, ['dog/notes.txt']);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
    message: `The class folder ${join(root, 'dog')} holds no images; add some, or remove the folder.`,
  });
});

test('refuses a file in place of a folder', async () => {
  const root = makeFiles(temporaryFolder(), ['file.jpg']);
  await expect(imageFolder(join(root, 'file.jpg'))).rejects.toMatchObject({ code: 'ERR_DATA_NOT_FOUND' });
});

test('tells of train and validation in place of classes, and where to point instead', async () => {
  const root = makeFiles(temporaryFolder(), [
    'train/cat/1.jpg',
    'train/dog/1.jpg',
    'validation/cat/2.jpg',
    'validation/dog/2.jpg',
  ]);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_SPLIT_FOLDERS',
    message: expect.stringContaining(
      `give ${join(root, 'train')} as the data and ${join(root, 'validation')}`,
    ),
  });
  const { train, validation } = await imageFolder(join(root, 'train'), {
    validation: join(root, 'validation'),
  });
  expect([train.size, validation?.size]).toEqual([2, 2]);
});

test('two classes that happen to be called train and test are classes', async () => {
  const root = makeFiles(temporaryFolder(), ['train/1.jpg', 'test/1.jpg']);
  expect((await imageFolder(root)).classes).toEqual(['test', 'train']);
});

test('refuses a folder that is none of the classes given, and names the nearest', async () => {
  const root = makeFiles(temporaryFolder(), ['cat/1.jpg', 'doggs/1.jpg']);
  await expect(imageFolder(root, { classes: ['cat', 'dogs'] })).rejects.toMatchObject({
    code: 'ERR_DATA_UNKNOWN_CLASS',
    message: expect.stringContaining("did you mean 'dogs'?"),
  });
});

test('finds the classes and files that Python finds, in its order', async () => {
  const root = makeFiles(temporaryFolder(), [
    'zebra/1.JPG',
    'zebra/10.jpeg',
    'zebra/2.png',
    'Äpfel/a.webp',
    'apple/deep/er/x.tiff',
    'apple/deep-er/y.tif',
    'apple/b.gif',
    'apple/B.avif',
    'apple/b.bmp',
    'apple/notes.txt',
    'apple/.hidden.jpg',
    'apple/.cache/z.jpg',
    '.git/a.jpg',
    '\u{1F600}/a.jpg',
    '\uFF21/a.jpg',
  ]);
  const python = `
import os, sys, json
root = sys.argv[1]
kinds = ('.jpg', '.jpeg', '.png', '.webp', '.gif', '.tif', '.tiff', '.avif', '.bmp')
found = []
for name in sorted(e.name for e in os.scandir(root) if e.is_dir() and not e.name.startswith('.')):
    for folder, _, files in sorted(os.walk(os.path.join(root, name), followlinks=True)):
        if '/.' in folder: continue
        found += [os.path.relpath(os.path.join(folder, f), root) for f in sorted(files)
                  if f.lower().endswith(kinds) and not f.startswith('.')]
print(json.dumps(found))`;
  const expected = JSON.parse(execFileSync('python3', ['-c', python, root], { encoding: 'utf8' }));
  const { train, classes } = await imageFolder(root);
  expect(paths(train, root)).toEqual(expected);
  expect(classes).toEqual(['apple', 'zebra', 'Äpfel', '\uFF21', '\u{1F600}']);
  expect(train.classCounts()).toEqual([5, 3, 1, 1, 1]);
});

test('takes the order of the classes given, some without images', async () => {
  const root = makeFiles(temporaryFolder(), ['cat/1.jpg', 'ant/1.jpg']);
  const { train } = await imageFolder(root, { classes: ['dog', 'cat', 'ant'] });
  expect([...train.labels]).toEqual([1, 2]);
  expect(train.classCounts()).toEqual([0, 1, 1]);
});

test('follows links, but not in circles, and keeps a broken one as an unreadable image', async () => {
  const root = makeFiles(temporaryFolder(), ['data/a/1.jpg', 'data/b/1.jpg', 'elsewhere/2.jpg']);
  symlinkSync(join(root, 'elsewhere'), join(root, 'data/a/linked'));
  symlinkSync(join(root, 'data/a'), join(root, 'data/a/circle'));
  symlinkSync(join(root, 'gone'), join(root, 'data/b/broken.jpg'));
  const followed = await imageFolder(join(root, 'data'));
  expect(paths(followed.train, join(root, 'data'))).toEqual([
    'a/1.jpg',
    'a/linked/2.jpg',
    'b/1.jpg',
    'b/broken.jpg',
  ]);
  const { train } = await imageFolder(join(root, 'data'), { followLinks: false });
  expect(paths(train, join(root, 'data'))).toEqual(['a/1.jpg', 'b/1.jpg', 'b/broken.jpg']);
});

test('names a folder that may not be read', async () => {
  if (process.getuid?.() === 0) return; // permissions do not bind root
  const root = makeFiles(temporaryFolder(), ['a/1.jpg', 'b/1.jpg']);
  chmodSync(join(root, 'b'), 0);
  await expect(imageFolder(root)).rejects.toMatchObject({ code: 'ERR_DATA_UNREADABLE' });
});

test('splits every class by the same share, the same way each time', async () => {
  const root = makeFiles(temporaryFolder(), [...numbered('cat', 40), ...numbered('dog', 10)]);
  const first = await imageFolder(root, { validationSplit: 0.2, seed: 7 });
  const again = await imageFolder(root, { validationSplit: 0.2, seed: 7 });
  const other = await imageFolder(root, { validationSplit: 0.2, seed: 8 });
  expect(first.train.classCounts()).toEqual([32, 8]);
  expect(first.validation?.classCounts()).toEqual([8, 2]);
  expect(paths(again.train, root)).toEqual(paths(first.train, root));
  expect(paths(other.train, root)).not.toEqual(paths(first.train, root));
});
