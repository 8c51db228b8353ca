import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { evaluationText } from '../lib/cli/evaluate.ts';
import { ThawError } from '../lib/errors.ts';
import { commandLine } from './support/command-line.ts';
import { fakeEvaluation, fakeLibrary } from './support/fake-model.ts';
import { makeFiles, temporaryFolder } from './support/folders.ts';

const unreadable = (path: string) =>
  path.includes('bad') ? new ThawError('ERR_IMAGE_DECODE', `${path} is not an image.`) : undefined;

test('predict names what it cannot read, goes on, and fails at the end', async () => {
  const { api } = fakeLibrary({ predictError: unreadable });
  const args = ['predict', '--model', 'm.safetensors', '--top-k', '1', 'a.jpg', 'bad.jpg', 'b.jpg'];
  const { code, stdout, stderr } = await commandLine(args, api, { cwd: '/photos' });
  expect(stdout).toBe('a.jpg: dog 75.0 %\nb.jpg: dog 75.0 %\n');
  expect(stderr).toBe('thaw: /photos/bad.jpg is not an image.\n');
  expect(code).toBe(1);
});

test('predict --json gives an object an image, errors among them', async () => {
  const { api } = fakeLibrary({ predictError: unreadable });
  const { events } = await commandLine(['predict', '--model', 'm', '--json', 'a.jpg', 'bad.jpg'], api, {
    cwd: '/p',
  });
  expect(events).toEqual([
    expect.objectContaining({ image: 'a.jpg', label: 'dog', probability: 0.75, top: expect.any(Array) }),
    { image: 'bad.jpg', error: { code: 'ERR_IMAGE_DECODE', message: '/p/bad.jpg is not an image.' } },
  ]);
});

test('predict takes names with a leading dash after --, and passes other failures on', async () => {
  const { api, calls } = fakeLibrary({
    predictError: (path) =>
      path.endsWith('oom.jpg') ? new ThawError('ERR_OUT_OF_MEMORY', 'No memory.') : undefined,
  });
  await commandLine(['predict', '--model', 'm', '--', '--odd.jpg'], api, { cwd: '/p' });
  expect(calls).toEqual([['predict', ['/p/--odd.jpg']]]);
  const { code, stderr } = await commandLine(['predict', '--model', 'm', 'oom.jpg'], api);
  expect([code, stderr]).toEqual([1, 'thaw: No memory.\n']);
});

test('evaluate prints scores and the confusion matrix, or JSON', async () => {
  const data = makeFiles(temporaryFolder(), ['cat/1.jpg', 'dog/1.jpg', 'dog/2.jpg']);
  const { api } = fakeLibrary();
  const text = await commandLine(['evaluate', '--model', 'm', '--data', data], api);
  expect(text.code).toBe(0);
  expect(text.stdout).toContain('3 images: loss 0.5000, accuracy 75.0 %\n');
  expect(text.stdout).toMatch(/class +precision +recall +F1 +images\ncat +80\.0 % +70\.0 % +74\.6 % +4/);
  expect(text.stdout).toMatch(/true \\ predicted +cat +dog\ncat +3 +0\ndog +1 +3\n/);
  const json = await commandLine(['evaluate', '--model', 'm', '--data', data, '--json'], api);
  expect(json.events[0]).toMatchObject({
    classes: ['cat', 'dog'],
    accuracy: 0.75,
    confusionMatrix: [
      [3, 0],
      [1, 3],
    ],
  });
});

test('evaluate refuses a folder that is none of the classes of the model', async () => {
  const data = makeFiles(temporaryFolder(), ['cat/1.jpg', 'doge/1.jpg']);
  const { code, stderr } = await commandLine(['evaluate', '--model', 'm', '--data', data], fakeLibrary().api);
  expect(stderr).toContain("did you mean 'dog'?");
  expect(code).toBe(1);
});

test('many classes: the commonest confusions in place of a matrix', () => {
  const classes = Array.from({ length: 30 }, (_, i) => `class ${i}`);
  const text = evaluationText(fakeEvaluation(classes, 120));
  expect(text).toContain('commonest confusions');
  expect(text).not.toContain('true \\ predicted');
});

test('summary builds a network without weights; convert loads and saves', async () => {
  const library = fakeLibrary();
  const summary = await commandLine(
    ['summary', '--architecture', 'resnet18', '--head', 'linear', '--classes', '3'],
    library.api,
  );
  expect(summary.stdout).toBe('layer (type)   output shape\n');
  expect(library.loads[0]).toMatchObject({
    architecture: 'resnet18',
    options: { weights: null, includeTop: false },
  });
  const cwd = makeFiles(temporaryFolder(), ['in.pth']);
  const convert = await commandLine(['convert', 'in.pth', 'out.safetensors'], library.api, { cwd });
  expect(convert.code).toBe(0);
  expect(library.saved).toEqual([join(cwd, 'out.safetensors')]);
  await commandLine(['convert', 'in.pth', 'out.keras', '--layout', 'nested'], library.api, { cwd });
  expect(library.calls.at(-1)).toEqual(['save', expect.objectContaining({ layout: 'nested' })]);
  const missing = await commandLine(['convert', 'gone.pth', 'out.safetensors'], library.api, { cwd });
  expect([missing.code, missing.stderr]).toEqual([1, 'thaw: gone.pth does not exist.\n']);
});
