import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from '@jest/globals';
import sharp from 'sharp';
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

test('what is no image is left out, counted and named once', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...[
      'cat/1.jpg',
      'cat/IMG_0.HEIC',
      'cat/IMG_1.HEIC',
      'cat/notes.txt',
      'cat/@eaDir/1.jpg',
      'cat/.DS_Store',
    ],
    ...[
      'dog/1.JFIF',
      'dog/2.jpg_large',
      'dog/3.jxl',
      'dog/deep/4.jpe',
      '__MACOSX/cat/1.jpg',
      'loose.jpg',
      'a.csv',
    ],
  ]);
  const { train, classes, notes, leftOut } = await imageFolder(root);
  expect(classes).toEqual(['cat', 'dog']);
  expect(paths(train, root)).toEqual(['cat/1.jpg', 'dog/1.JFIF', 'dog/2.jpg_large', 'dog/deep/4.jpe']);
  expect([...notes].sort()).toEqual([
    '1 .jpg file is left out: it lies beside the class folders (loose.jpg).',
    '1 .jxl file is left out: this build cannot read it (dog/3.jxl).',
    '1 .txt file is left out: it is no image (cat/notes.txt).',
    '1 hidden file or folder is left out: its name begins with a dot (cat/.DS_Store).',
    '2 .heic files are left out: this build cannot read them (cat/IMG_0.HEIC, ...).',
    '2 system folders are left out: they belong to the system (__MACOSX, ...).',
  ]);
  expect(leftOut).toContainEqual({
    what: '.heic file',
    count: 2,
    example: 'cat/IMG_0.HEIC',
    names: ['cat/IMG_0.HEIC', 'cat/IMG_1.HEIC'],
    reason: 'format',
  });
  const chosen = await imageFolder(root, { extensions: ['JPG', '.txt'], classes: ['cat', 'dog'] });
  expect(paths(chosen.train, root)).toEqual(['cat/1.jpg', 'cat/notes.txt']);
  expect(chosen.notes).toContain(
    '1 .jfif file is left out: the option extensions does not name it (dog/1.JFIF).',
  );
});

test('a class of files that cannot be read says so', async () => {
  const root = makeFiles(temporaryFolder(), ['cat/1.jpg', 'dog/1.heic', 'dog/2.heic']);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_EMPTY',
    message: expect.stringContaining('holds no images (this build cannot read .heic files)'),
  });
});

test('files without an ending are taken by their first bytes', async () => {
  const root = temporaryFolder();
  const draw = sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
  for (const format of ['jpeg', 'png', 'webp', 'gif', 'tiff', 'avif'] as const) {
    makeFiles(root, [`a/${format}`], await draw.clone().toFormat(format).toBuffer());
  }
  makeFiles(root, ['b/ppm'], 'P6\n1 1\n255\nabc');
  makeFiles(root, ['b/bmp'], Buffer.from('424d460000000000000036000000', 'hex'));
  makeFiles(root, ['b/heic'], Buffer.from('000000186674797068656963', 'hex'));
  makeFiles(root, ['b/text', 'b/PNG', 'b/empty'], 'not an image');
  execFileSync('mkfifo', [join(root, 'b/pipe')]);
  const { train, notes } = await imageFolder(root);
  expect(paths(train, root)).toEqual([
    ...['a/avif', 'a/gif', 'a/jpeg', 'a/png', 'a/tiff', 'a/webp', 'b/bmp', 'b/pipe', 'b/ppm'],
  ]);
  expect([...notes].sort()).toEqual([
    '1 .heic file is left out: this build cannot read it (b/heic).',
    '3 files without an ending are left out: they are no images (b/PNG, ...).',
  ]);
});

test('a folder of train, val and test gives each of them, with the classes of train', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...['train/cat/1.jpg', 'train/dog/1.jpg', 'train/dog/x.txt', 'valid/dog/2.jpg', 'test/dog/3.jpg'],
    ...['test/cat/3.jpg', '.DS_Store'],
  ]);
  const { train, validation, test: held, classes, notes } = await imageFolder(root);
  expect(classes).toEqual(['cat', 'dog']);
  expect([train, validation, held].map((side) => side && paths(side, root))).toEqual([
    ['train/cat/1.jpg', 'train/dog/1.jpg'],
    ['valid/dog/2.jpg'],
    ['test/cat/3.jpg', 'test/dog/3.jpg'],
  ]);
  expect([...(validation?.labels ?? [])]).toEqual([1]);
  expect(notes).toEqual([
    `${join(root, 'valid')} holds no images of cat (1 of 2 classes).`,
    '1 hidden file or folder is left out: its name begins with a dot (.DS_Store).',
    '1 .txt file is left out: it is no image (train/dog/x.txt).',
  ]);
  makeFiles(root, ['valid/dig/1.jpg']);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_UNKNOWN_CLASS',
    message: `${join(root, 'valid')} holds the folder 'dig', which is none of the 2 classes; did you mean 'dog'?`,
  });
});

test('a split is drawn from train where there is no folder to validate on', async () => {
  const root = makeFiles(temporaryFolder(), [
    ...numbered('train/cat', 4),
    ...numbered('train/dog', 4),
    'test/cat/9.jpg',
  ]);
  const given = await imageFolder(root, { validationSplit: 0.25 });
  expect([given.train.size, given.validation?.size, given.test?.size]).toEqual([6, 2, 1]);
  makeFiles(root, ['val/cat/5.jpg', 'val/dog/5.jpg']);
  const own = await imageFolder(root, { validationSplit: 0.25 });
  expect([own.train.size, own.validation?.size]).toEqual([8, 2]);
  expect(own.notes).toContain(`validationSplit is not used: ${root} says itself which 2 images validate.`);
  await expect(imageFolder(root, { validation: join(root, 'val') })).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
});

test('train and val beside something else, or two of one kind, are refused with what to give', async () => {
  const root = makeFiles(temporaryFolder(), ['train/cat/1.jpg', 'val/cat/1.jpg', 'labels/1.txt']);
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_SPLIT_FOLDERS',
    message: `${root} holds train and val beside labels; give ${join(root, 'train')} as the data and ${join(root, 'val')} as the validation data, or move labels elsewhere.`,
  });
  const twice = makeFiles(temporaryFolder(), ['train/cat/1.jpg', 'val/cat/1.jpg', 'valid/cat/1.jpg']);
  await expect(imageFolder(twice)).rejects.toMatchObject({
    code: 'ERR_DATA_SPLIT_FOLDERS',
    message: `${twice} holds both val and valid; remove one of them.`,
  });
});

test('names that are composed in two ways are one class', async () => {
  const [nfc, nfd] = ['caf\u00e9', 'cafe\u0301'];
  const root = makeFiles(temporaryFolder(), [`t/${nfd}/1.jpg`, 't/tea/1.jpg', `v/${nfc}/2.jpg`]);
  const { classes, validation } = await imageFolder(join(root, 't'), { validation: join(root, 'v') });
  expect(classes).toEqual([nfc, 'tea']);
  expect([...(validation?.labels ?? [])]).toEqual([0]);
  expect((await imageFolder(join(root, 't'), { classes: [nfd, 'tea'] })).train.classCounts()).toEqual([1, 1]);
});

test('names that are not UTF-8 are told: a file is left out, a class is refused', async () => {
  const root = makeFiles(temporaryFolder(), ['a/1.jpg', 'b/1.jpg']);
  const odd = (name: string) => Buffer.concat([Buffer.from(`${root}/${name}`), Buffer.from([0xe9])]);
  writeFileSync(odd('a/caf'), 'x');
  const { train, notes } = await imageFolder(root);
  expect(train.size).toBe(2);
  expect(notes).toEqual(['1 file is left out: its name is not UTF-8 (a/caf\uFFFD).']);
  mkdirSync(odd('th'));
  await expect(imageFolder(root)).rejects.toMatchObject({
    code: 'ERR_DATA_UNREADABLE',
    message: `${root} holds a folder whose name is not UTF-8, 'th\uFFFD'; rename it.`,
  });
});

test('classes that differ in case alone are two, and said', async () => {
  const root = makeFiles(temporaryFolder(), ['Cat/1.jpg', 'cat/1.jpg', '__proto__/1.jpg']);
  const { classes, notes } = await imageFolder(root);
  expect(classes).toEqual(['Cat', '__proto__', 'cat']);
  expect(notes).toEqual(["The classes 'Cat' and 'cat' differ in the case of letters alone."]);
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

test('a file on both sides of a given division is told', async () => {
  const root = makeFiles(temporaryFolder(), ['a/1.jpg', 'b/1.jpg']);
  const { notes } = await imageFolder(root, { validation: root });
  expect(notes).toEqual([
    `2 files are trained on and validated on as well: ${join(root, 'a/1.jpg')} is one of them.`,
  ]);
});
