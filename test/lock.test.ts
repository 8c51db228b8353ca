import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { withLock } from '../lib/system/lock.ts';

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const name = `test ${process.pid} ${Date.now()}`;

test('work under one name never overlaps, and failing releases', async () => {
  let inside = 0;
  let most = 0;
  let waited = 0;
  const work = async () => {
    inside++;
    most = Math.max(most, inside);
    await pause(20);
    inside--;
    throw new Error('failed');
  };
  const runs = [1, 2, 3].map(() => withLock(name, work, { onWait: () => waited++ }));
  const results = await Promise.allSettled(runs);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(most).toBe(1);
  expect(waited).toBe(2);
});

test('other names do not wait', async () => {
  await withLock(name, () => withLock(`${name} other`, async () => undefined));
});

test('waiting ends when it is aborted', async () => {
  const controller = new AbortController();
  await withLock(name, async () => {
    const waiting = withLock(name, async () => 'never', { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  });
});

test('the lock of a killed process is free', async () => {
  const lock = new URL('../lib/system/lock.ts', import.meta.url).href;
  const script = `import { withLock } from '${lock}';
    await withLock(${JSON.stringify(name)}, async () => { console.log('in'); await new Promise((r) => setTimeout(r, 60000)); });`;
  const tsx = new URL('../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
  const child = spawn(process.execPath, ['--import', tsx, '--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  let waited = false;
  const mine = withLock(name, async () => 'mine', { onWait: () => (waited = true) });
  await pause(50);
  child.kill('SIGKILL');
  expect(await mine).toBe('mine');
  expect(waited).toBe(true);
});
