import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, jest, test } from '@jest/globals';
import { packageRoot } from '../../lib/files/package-root.ts';
import { imageArray, linearHead, ResNet18 } from '../../lib/index.ts';
import { temporaryFolder } from '../support/folders.ts';

const shape = [8, 32, 32, 3] as const;
const pixels = Float32Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => Math.sin(i));
const data = imageArray(pixels, { shape, labels: [0, 1, 0, 1, 0, 1, 0, 1], classes: ['a', 'b'] });

async function compiled() {
  const model = await ResNet18.load({ weights: null, device: 'cpu', inputShape: [32, 32, 3] });
  model.freeze();
  model.replaceHead(linearHead(2));
  model.compile();
  return model;
}

test('two fits never have one checkpoint', async () => {
  const directory = join(temporaryFolder(), 'deep', 'checkpoint');
  const [first, second] = await Promise.all([compiled(), compiled()]);
  const options = { epochs: 3, batchSize: 4, checkpoint: { directory } };
  const running = first.fit(data, options);
  const refused = expect.objectContaining({
    code: 'ERR_RUN_IN_USE',
    message: expect.stringContaining('(this one)'),
  });
  await expect(second.fit(data, options)).rejects.toEqual(refused);
  await expect(first.fit(data, options)).rejects.toMatchObject({ code: 'ERR_MODEL_BUSY' });
  expect((await running).loss).toHaveLength(3);
  // What was refused goes on once the folder is free.
  const { loss } = await second.fit(data, options);
  expect(loss).toHaveLength(3);
  expect(readdirSync(directory)).not.toContain('run.lock');
});

test('fit takes over what a killed process had, and warns of it', async () => {
  const directory = temporaryFolder();
  const library = pathToFileURL(join(packageRoot(), 'dist', 'lib', 'system', 'run-lock.js')).href;
  const program = `import { lockRun } from '${library}'; lockRun(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', directory]);
  await once(child.stdout, 'data');
  const model = await compiled();
  const options = { epochs: 1, batchSize: 4, checkpoint: { directory } };
  await expect(model.fit(data, options)).rejects.toMatchObject({ code: 'ERR_RUN_IN_USE' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  await model.fit(data, options);
  expect(warn.mock.calls).toEqual([
    [expect.stringContaining(`process ${child.pid} on `), { code: 'THAW_RUN_TAKEN_OVER' }],
  ]);
  warn.mockRestore();
});

test('what fails before training leaves no folder', async () => {
  const root = temporaryFolder();
  const model = await compiled();
  model.freeze(/./);
  const checkpoint = { directory: join(root, 'a', 'b') };
  await expect(model.fit(data, { checkpoint })).rejects.toMatchObject({ code: 'ERR_NOTHING_TO_TRAIN' });
  expect(readdirSync(root)).toEqual([]);
});
