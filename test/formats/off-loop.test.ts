import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { JOBS } from '../../lib/formats/jobs.ts';
import { loadResNet } from '../../lib/model/load.ts';
import { grown, growth } from '../prove/growth.ts';
import { smallModel } from '../prove/small-model.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'thaw-off-loop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('files of others are written and read in another thread, and come back as they were', async () => {
  const here = [jest.spyOn(JOBS, 'write'), jest.spyOn(JOBS, 'readKeras'), jest.spyOn(JOBS, 'readTfjs')];
  const model = await smallModel();
  const before = await model.state();
  for (const name of ['m.onnx', 'm.keras', 'model.json']) {
    const file = path.join(folder, name);
    await model.save(file);
    if (name === 'm.onnx') continue;
    const read = await loadResNet(undefined, { weights: file, device: 'cpu' });
    const after = await read.state();
    const same = Object.entries(before).every(([tensor, { data }]) => {
      const read = after[tensor]?.data;
      return read?.length === data.length && data.every((value, i) => Object.is(value, read[i]));
    });
    expect(same).toBe(true);
    read.dispose();
  }
  for (const job of here) {
    expect(job).not.toHaveBeenCalled();
    job.mockRestore();
  }
  model.dispose();
});

test('what fails in the thread fails as it would here', async () => {
  const model = await smallModel();
  const file = path.join(folder, 'no', 'm.onnx');
  await expect(model.save(file)).rejects.toMatchObject({
    name: 'ThawError',
    code: 'ERR_WRITE_FAILED',
    message: expect.stringContaining(file),
  });
  model.dispose();
});

test('where no thread can be started, the file is written here, which is said', async () => {
  const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const { Worker } = await import('node:worker_threads');
  const refused = jest.spyOn(Worker.prototype, 'once').mockImplementationOnce(() => {
    throw new Error('EAGAIN');
  });
  try {
    const model = await smallModel();
    const file = path.join(folder, 'here.onnx');
    await model.save(file);
    expect(existsSync(file)).toBe(true);
    expect(warn.mock.calls.flat()).toContainEqual({ code: 'THAW_ON_EVENT_LOOP' });
    model.dispose();
  } finally {
    refused.mockRestore();
    warn.mockRestore();
  }
});

test('many short fits in one process leave nothing behind', async () => {
  const { memory, handles, threads } = grown(await growth(8));
  expect(handles).toBeLessThanOrEqual(0);
  expect(threads).toBeLessThanOrEqual(0);
  // A network has 45 MB: four of them would have 180.
  expect(memory).toBeLessThan(120 * 2 ** 20);
});
