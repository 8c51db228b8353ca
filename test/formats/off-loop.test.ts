import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, jest, test } from '@jest/globals';
import { loadResNet } from '../../lib/model/load.ts';
import { grown, growth } from '../prove/growth.ts';
import { smallModel } from '../prove/small-model.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'thaw-off-loop-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** How often the event loop turned while something was under way. */
async function turns(work: Promise<unknown>): Promise<number> {
  let count = 0;
  let over = false;
  const turn = () => {
    count++;
    if (!over) setImmediate(turn);
  };
  setImmediate(turn);
  await work.finally(() => {
    over = true;
  });
  return count;
}

test('the event loop turns while files of others are written and read', async () => {
  const model = await smallModel();
  const before = (await model.state()) as Record<string, { data: Float32Array }>;
  for (const name of ['m.onnx', 'm.keras', 'm.h5', 'model.json']) {
    const file = path.join(folder, name);
    // In JavaScript's own thread a file was written within some 150 turns: one a layer.
    expect(await turns(model.save(file))).toBeGreaterThan(1000);
    if (name === 'm.onnx') continue;
    let read: Awaited<ReturnType<typeof loadResNet>> | undefined;
    const loading = loadResNet(undefined, { weights: file, device: 'cpu' }).then((loaded) => {
      read = loaded;
    });
    expect(await turns(loading)).toBeGreaterThan(1000);
    const after = await (read as NonNullable<typeof read>).state();
    for (const [tensor, { data }] of Object.entries(before)) expect(after[tensor]?.data).toEqual(data);
    read?.dispose();
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
  const refused = jest.spyOn(Worker.prototype, 'once').mockImplementation(() => {
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
  const { memory, handles, threads } = grown(await growth(24));
  expect(handles).toBeLessThanOrEqual(0);
  expect(threads).toBeLessThanOrEqual(0);
  // A network has 45 MB: twelve of them would have 540.
  expect(memory).toBeLessThan(200 * 2 ** 20);
});
