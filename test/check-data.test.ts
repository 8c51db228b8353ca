import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import sharp from 'sharp';
import type { CheckResult } from '../lib/check/check.ts';
import { nativeApi } from '../lib/cli/native-api.ts';
import { Random } from '../lib/demo/random.ts';
import { ThawError } from '../lib/errors.ts';
import { loadResNet } from '../lib/model/load.ts';
import { commandLine } from './support/command-line.ts';
import { fakeLibrary } from './support/fake-model.ts';
import { temporaryFolder } from './support/folders.ts';

const cwd = temporaryFolder();
const at = (name: string) => join(cwd, 'photos', name);

/** Noise around a colour, PNG. */
async function draw(name: string, colour: readonly number[], seed: number): Promise<void> {
  const random = new Random(seed);
  const pixels = Buffer.from(
    Array.from({ length: 64 * 64 * 3 }, (_, i) => (colour[i % 3] ?? 0) + Math.round(random.between(-60, 60))),
  );
  await sharp(pixels, { raw: { width: 64, height: 64, channels: 3 } })
    .png()
    .toFile(at(name));
}

const red = [180, 70, 70];
const blue = [70, 70, 180];

beforeAll(async () => {
  for (const side of ['train', 'val'])
    for (const name of ['blue', 'red']) mkdirSync(at(`${side}/${name}`), { recursive: true });
  for (let i = 0; i < 8; i++) {
    await draw(`train/blue/${i}.png`, blue, i);
    await draw(`train/red/${i}.png`, red, 100 + i);
  }
  await draw('train/blue/wrong.png', red, 200);
  await draw('val/red/0.png', red, 300);
  await draw('val/blue/0.png', blue, 301);
  copyFileSync(at('train/red/3.png'), at('val/red/copy.png'));
  // The same pixels in another file.
  await sharp(at('train/blue/5.png')).png({ compressionLevel: 0 }).toFile(at('train/blue/again.png'));
  writeFileSync(at('train/red/broken.png'), 'not an image');
  writeFileSync(at('train/red/notes.txt'), 'red');
  const model = await loadResNet('resnet18', { weights: null, seed: 1, inputShape: [64, 64, 3] });
  await model.save(join(cwd, 'model.safetensors'));
  model.dispose();
});

const command = ['check-data', 'photos', '--weights', 'model.safetensors', '--near', '0.999999'];

test('every kind of finding, ranked, as JSON and as a page with the pictures', async () => {
  const { code, events, stderr } = await commandLine(
    [...command, '--json', '--html', 'page.html'],
    await nativeApi(),
    {
      cwd,
    },
  );
  expect([code, stderr]).toEqual([0, '']);
  const result = events[0] as unknown as CheckResult;
  expect(result.features).toBe('resnet18');
  expect(result.counts).toEqual([
    { name: 'blue', train: 10, validation: 1 },
    { name: 'red', train: 9, validation: 2 },
  ]);
  const found = result.findings.map(({ kind, names }) => [
    kind,
    ...names.map((name) => name.replace(at('/'), '')),
  ]);
  expect(found.slice(0, 5)).toEqual([
    ['leftOut', 'train/red/notes.txt'],
    ['unreadable', 'train/red/broken.png'],
    ['sameInValidation', 'train/red/3.png', 'val/red/copy.png'],
    ['nearlySame', 'train/blue/5.png', 'train/blue/again.png'],
    ['suspiciousLabel', 'train/blue/wrong.png'],
  ]);
  expect(result.findings[4]).toMatchObject({ label: 'blue', likely: 'red' });
  const page = readFileSync(join(cwd, 'page.html'), 'utf8');
  const pictures = [...page.matchAll(/src="data:image\/jpeg;base64,([^"]+)"/g)];
  expect(pictures).toHaveLength(5 + found.length - 5);
  const { width, height, format } = await sharp(Buffer.from(pictures[0]?.[1] ?? '', 'base64')).metadata();
  expect([width, height, format]).toEqual([160, 160, 'jpeg']);
  const text = await commandLine(command, await nativeApi(), { cwd });
  expect(text.stdout).toMatch(/^class +train +validation\nblue +10 +1\nred +9 +2\nall +19 +3\n/);
  expect(text.stdout).toContain(
    `1 image cannot be read and is left out:\n  ${at('train/red/broken.png')}\n    Cannot decode`,
  );
  expect(text.stdout).toContain('labelled blue, looks like red (');
});

test('without a network the rest is done, and that is said', async () => {
  const none = await commandLine(['check-data', 'photos', '--weights', 'none'], await nativeApi(), { cwd });
  expect(none.code).toBe(0);
  expect(none.stdout).toContain('1 image cannot be read and is left out:\n');
  expect(none.stdout).toContain('1 group of identical images to train on and to validate or test on:\n');
  expect(none.stdout).toContain('suspicious labels were not looked for');
  const { api } = fakeLibrary({
    loadError: () => new ThawError('ERR_WEIGHTS_FETCH', 'Bring the file by hand.'),
  });
  const unreached = await commandLine(['check-data', 'photos'], api, { cwd });
  expect(unreached).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('are not looked for: Bring the file by hand.'),
  });
});

test.each([
  [[], 'thaw check-data needs one DATA'],
  [['photos', 'more'], 'thaw check-data needs one DATA'],
  [['photos', '--near', '2'], 'Expected a number from 0 to 1 for --near but received 2'],
])('unusable arguments end with 2: %j', async (args, message) => {
  const { api, loads } = fakeLibrary();
  const { code, stderr } = await commandLine(['check-data', ...args], api, { cwd });
  expect(stderr).toContain(message);
  expect([code, loads.length]).toEqual([2, 0]);
});

test('data that is refused, and a page that cannot be written, end with 1', async () => {
  const { api } = fakeLibrary();
  const nowhere = await commandLine(['check-data', 'nowhere'], api, { cwd });
  expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringContaining('nowhere does not exist.') });
  const page = await commandLine(['check-data', 'photos', '--html', 'no/such/page.html'], api, { cwd });
  expect([page.code, existsSync(join(cwd, 'no'))]).toEqual([1, false]);
});
