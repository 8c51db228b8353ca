import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import type { Owner } from '../lib/system/owner.ts';
import { lockName, lockRun } from '../lib/system/run-lock.ts';
import { temporaryFolder } from './support/folders.ts';

// Processes of the built package, which start in a moment.
const library = pathToFileURL(join(packageRoot(), 'dist', 'lib', 'system', 'run-lock.js')).href;

function node(program: string, ...args: string[]): ChildProcess {
  const source = `import { lockRun } from ${JSON.stringify(library)};\n${program}`;
  return spawn(process.execPath, ['--input-type=module', '-e', source, '--', ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
}

async function output(child: ChildProcess): Promise<string> {
  let text = '';
  child.stdout?.on('data', (part) => (text += part));
  await once(child, 'close');
  return text;
}

/** Holds the locks of these folders until it is killed. */
const holding = `
  for (const folder of process.argv.slice(1)) lockRun(folder);
  console.log('held');
  setInterval(() => {}, 1000);
`;

async function killedIn(...folders: string[]): Promise<void> {
  const child = node(holding, ...folders);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const lockFile = (folder: string) => join(folder, lockName);
const ownerOf = (folder: string): Owner => JSON.parse(readFileSync(lockFile(folder), 'utf8'));

test('a second one is refused and told whose it is, in this process and in another', async () => {
  const folder = temporaryFolder();
  const child = node(holding, folder);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  const { since } = ownerOf(folder);
  expect(() => lockRun(folder)).toThrow(
    expect.objectContaining({
      code: 'ERR_RUN_IN_USE',
      message: `${folder} is in use by another run: process ${child.pid} on ${hostname()}, since ${since.slice(0, 19).replace('T', ' ')} UTC. Wait for it, or write into another folder.`,
    }),
  );
  child.kill('SIGKILL');
  await once(child, 'exit');

  const lock = lockRun(folder);
  expect(lock.takenOver?.pid).toBe(child.pid);
  expect(() => lockRun(folder)).toThrow(`process ${process.pid} (this one) on `);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  expect(lockRun(folder).takenOver).toBeUndefined();
});

test.each([
  ['the process has its number alone in common', { started: '1' }],
  ['the machine has been started anew', { boot: 'another' }],
])('a lock whose owner is gone is taken over: %s', (_, changed) => {
  const folder = temporaryFolder();
  lockRun(folder);
  writeFileSync(lockFile(folder), JSON.stringify({ ...ownerOf(folder), id: 'gone', ...changed }));
  expect(lockRun(folder).takenOver?.id).toBe('gone');
  expect(readdirSync(folder)).toEqual([lockName]);
});

test.each([
  ['on another machine', { host: 'elsewhere' }, 'on elsewhere, since'],
  ['on another machine of that name', { machine: 'another' }, 'cannot be seen from here'],
  ['in another container', { pids: 'pid:[1]' }, 'cannot be seen from here'],
])('an owner that cannot be seen is refused with what to do: %s', (_, changed, words) => {
  const folder = temporaryFolder();
  lockRun(folder);
  writeFileSync(lockFile(folder), JSON.stringify({ ...ownerOf(folder), pid: 2 ** 22, ...changed }));
  const refused = (text: string) =>
    expect.objectContaining({ code: 'ERR_RUN_IN_USE', message: expect.stringContaining(text) });
  expect(() => lockRun(folder)).toThrow(refused(words));
  expect(() => lockRun(folder)).toThrow(refused(`if it does not, remove ${lockFile(folder)}.`));
  rmSync(lockFile(folder));
  expect(lockRun(folder).holds()).toBe(true);
});

test('a lock that tells nothing is refused with what to do', () => {
  const folder = temporaryFolder();
  writeFileSync(lockFile(folder), '');
  expect(() => lockRun(folder)).toThrow(
    expect.objectContaining({ code: 'ERR_RUN_IN_USE', message: expect.stringMatching(/remove the file\.$/) }),
  );
});

test('a terminated worker leaves a lock that its process may take over', async () => {
  const folder = temporaryFolder();
  const program = `import(${JSON.stringify(library)}).then(({ lockRun }) => {
    lockRun(${JSON.stringify(folder)});
    require('node:worker_threads').parentPort.postMessage('held');
    setInterval(() => {}, 1000);
  });`;
  const worker = new Worker(program, { eval: true });
  await once(worker, 'message');
  expect(() => lockRun(folder)).toThrow('(this one)');
  await worker.terminate();
  expect(lockRun(folder).takenOver?.pid).toBe(process.pid);
});

test('of many that take over a killed one at once exactly one gets it', async () => {
  const root = temporaryFolder();
  const folders = Array.from({ length: 40 }, (_, i) => join(root, String(i)));
  for (const folder of folders) mkdirSync(folder);
  await killedIn(...folders);
  const start = Date.now() + 1000;
  const racing = `
    while (Date.now() < ${start});
    for (const folder of process.argv.slice(1)) {
      try { lockRun(folder); console.log(folder); } catch (error) { if (error.code !== 'ERR_RUN_IN_USE') throw error; }
    }
    console.log('tried');
    process.stdin.resume();
  `;
  const children = Array.from({ length: 8 }, () => node(racing, ...folders));
  const outputs = children.map(output);
  // All hold what they have until the last has tried.
  let tried = 0;
  for (const { stdout } of children) {
    stdout?.on('data', (part) => {
      tried += String(part).split('tried').length - 1;
      if (tried === children.length) for (const { stdin } of children) stdin?.end();
    });
  }
  const got = (await Promise.all(outputs))
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith(root));
  expect(got.toSorted()).toEqual(folders.toSorted());
  for (const folder of folders) expect(readdirSync(folder)).toEqual([]);
});

/** Takes the lock, over and over, and looks whether another that lives is inside; is killed at any moment. */
const entering = `
  import { existsSync, readFileSync, writeFileSync, rmSync } from 'node:fs';
  const [folder, inside] = process.argv.slice(1);
  const until = Date.now() + 1500;
  while (Date.now() < until) {
    let lock;
    try { lock = lockRun(folder); } catch (error) { if (error.code === 'ERR_RUN_IN_USE') continue; throw error; }
    const other = existsSync(inside) ? readFileSync(inside, 'utf8') : '';
    let state = 'Z';
    try { if (other) [state] = readFileSync('/proc/' + other + '/stat', 'utf8').split(') ')[1]; } catch {}
    if (!'ZX'.includes(state)) console.log('with ' + other);
    writeFileSync(inside, String(process.pid));
    for (const end = performance.now() + Math.random(); performance.now() < end; );
    if (Math.random() < 0.002) process.kill(process.pid, 'SIGKILL');
    rmSync(inside);
    lock.release();
  }
`;

test('however many are killed while they take it, it is never held by two', async () => {
  const root = temporaryFolder();
  const [folder, inside] = [join(root, 'run'), join(root, 'inside')];
  mkdirSync(folder);
  const outputs = Array.from({ length: 10 }, async (_, i) => {
    const child = node(entering, folder, inside);
    setTimeout(() => child.kill('SIGKILL'), 300 + 130 * i);
    return output(child);
  });
  expect((await Promise.all(outputs)).join('')).toBe('');
  lockRun(folder).release();
  // But for one that was killed before it had said who it is.
  expect(readdirSync(folder).filter((name) => readFileSync(join(folder, name), 'utf8') !== '')).toEqual([]);
});
