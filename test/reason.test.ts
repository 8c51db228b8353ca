import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { ResNet18 } from '../lib/index.ts';
import { reasonOf } from '../lib/reason.ts';
import { commandHere, withCommandsHere } from '../lib/system/command-here.ts';
import { fetchWeights } from '../lib/weights/fetch.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

test("what others throw is told in one line, without Node's code, call and path", async () => {
  const missing = await readFile(join(temporaryFolder(), 'none')).catch((error: unknown) => error);
  expect((missing as Error).message).toMatch(/^ENOENT: .*, open '/);
  expect(reasonOf(missing)).toBe('it does not exist');
  const folder = await readFile(temporaryFolder()).catch((error: unknown) => error);
  expect(reasonOf(folder)).toBe('it is a folder');
  expect(reasonOf(new Error('\n  It broke.\n    at somewhere'))).toBe('It broke');
  for (const nothing of [new Error(''), new Error('\n')])
    expect(reasonOf(nothing)).toBe('no reason is given');
  expect(reasonOf('a text')).toBe('a text');
  expect(reasonOf(undefined)).toBe('undefined');
});

test('a command is advised as it can be typed: in a clone, beside an installed package', () => {
  const clone = makeFiles(temporaryFolder(), ['scripts/setup.ts']);
  const installed = temporaryFolder();
  const both = (command: string) => [commandHere(command, clone), commandHere(command, installed)];
  expect(both('setup')).toEqual(['npm run setup', 'npx thaw setup']);
  expect(both('setup --cuda')).toEqual(['npm run setup -- --cuda', 'npx thaw setup --cuda']);
  expect(both('doctor')).toEqual(['npm run thaw -- doctor', 'npx thaw doctor']);
  expect(both('train --resume --out x')).toEqual([
    'npm run train -- --resume --out x',
    'npx thaw train --resume --out x',
  ]);
  // Tests run in a clone.
  expect(withCommandsHere('No device; run `thaw setup --cuda` or `ls`.')).toBe(
    'No device; run `npm run setup -- --cuda` or `ls`.',
  );
});

test('the scripts that are advised are there', async () => {
  const { scripts } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
  for (const command of ['setup', 'train', 'fetch-weights', 'doctor', 'predict x']) {
    const [, script] = /^npm run (\S+)/.exec(commandHere(command)) ?? [];
    expect(scripts).toHaveProperty(String(script));
  }
});

test('a folder that cannot be made, an image that cannot be read', async () => {
  const taken = join(makeFiles(temporaryFolder(), ['taken']), 'taken');
  await expect(fetchWeights('resnet50', { cache: taken })).rejects.toMatchObject({
    code: 'ERR_WRITE_FAILED',
    message: expect.stringMatching(/^Cannot write .*weights: a part of the path is a file\.$/),
  });
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  await expect(model.predict(['/nowhere/1.png', new Uint8Array(1)])).rejects.toMatchObject({
    code: 'ERR_IMAGE_READ',
    message: 'Cannot read /nowhere/1.png: it does not exist.',
  });
});

test('a device that is not there is told with the command that helps here', async () => {
  await expect(ResNet18.load({ weights: null, device: 'cuda:99' })).rejects.toMatchObject({
    code: 'ERR_DEVICE_NOT_FOUND',
    message: expect.stringMatching(/run `npm run setup -- --cuda`|`npm run thaw -- doctor` says more/),
  });
});
