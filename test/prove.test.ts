import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';
import { differences, halfFiles } from '../lib/verify/run-result.ts';
import { verifyResume } from '../lib/verify/verify-resume.ts';
import { faults, Processes } from './prove/processes.ts';
import { temporaryFolder, writeTree } from './support/folders.ts';

const processes = new Processes();
afterAll(() => processes.dispose());

/** Node under the fault layer, in a watched folder. */
function underFaults(program: string, plan: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const trace = join(temporaryFolder(), 'trace');
  const run = spawnSync(process.execPath, ['-e', program], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      ...process.env,
      LD_PRELOAD: faults,
      THAW_FAULTS_FOLDER: folder,
      THAW_FAULTS_TRACE: trace,
      ...plan,
    },
  });
  return { ...run, folder, trace: readFileSync(trace) };
}

const program = (folder = 'process.cwd()') => `
  const fs = require('node:fs'), file = ${folder} + '/a';
  const open = fs.openSync(file, 'w');
  fs.writeSync(open, 'four');
  fs.fsyncSync(open);
  fs.closeSync(open);
  fs.renameSync(file, file + 'b');
  fs.mkdirSync(file);
  fs.rmdirSync(file);
`;

/** The first numbers of its records, which tell the call (test/prove/trace.h). */
function callsOf(trace: Buffer): number[] {
  const calls: number[] = [];
  for (let at = 0; at < trace.length; ) {
    const number = (i: number) => Number(trace.readBigInt64LE(at + 8 * i));
    calls.push(number(0));
    at += 48 + number(3) + number(4) + number(5);
  }
  return calls;
}

test('the fault layer sees each call for a watched file, and no other', () => {
  const [open, write, sync, rename, makeFolder, removeFolder] = [0, 2, 3, 6, 8, 9];
  expect(callsOf(underFaults(program()).trace)).toEqual([
    open,
    write,
    sync,
    rename,
    makeFolder,
    removeFolder,
  ]);
  expect(callsOf(underFaults(program(JSON.stringify(temporaryFolder()))).trace)).toEqual([]);
});

test('what thaw writes and makes is brought to the disk with its name', () => {
  const library = JSON.stringify(join(packageRoot(), 'dist', 'lib', 'files'));
  const file = `import(${library} + '/atomic-write.js').then((it) => it.writeAtomically(process.cwd() + '/a', 'b'))`;
  const [open, write, sync, rename, makeFolder] = [0, 2, 3, 6, 8];
  expect(callsOf(underFaults(file).trace)).toEqual([open, write, sync, rename, open, sync]);
  const folders = `import(${library} + '/folder.js').then((it) => it.makeFolder(process.cwd() + '/a/b'))`;
  expect(callsOf(underFaults(folders).trace)).toEqual([makeFolder, open, sync, makeFolder, open, sync]);
});

test('a call fails, is cut short, or is the last one', () => {
  const full = underFaults(program(), {
    THAW_FAULTS_FAIL_AT: '1',
    THAW_FAULTS_ERROR: String(constants.errno.ENOSPC),
  });
  expect([full.status, full.stderr]).toEqual([1, expect.stringContaining('ENOSPC')]);
  const torn = underFaults(program(), { THAW_FAULTS_KILL_AT: '1', THAW_FAULTS_TORN: '1' });
  expect([torn.signal, readFileSync(join(torn.folder, 'a'), 'utf8')]).toEqual(['SIGKILL', 'fo']);
  const before = underFaults(program(), { THAW_FAULTS_KILL_AT: '3' });
  expect([before.signal, existsSync(join(before.folder, 'a'))]).toEqual(['SIGKILL', true]);
});

test('what a run has come to is compared, and files that are half there are seen', async () => {
  const whole = { model: 'a', history: 'b', epochs: 3 };
  expect(differences(whole, { ...whole })).toEqual([]);
  expect(differences(whole, { model: 'c', history: 'd', epochs: 2 })).toHaveLength(3);
  const folder = writeTree(temporaryFolder(), {
    'config.json': '{"epochs": 3',
    'history.json': '{"loss": [1]}',
    'report.html': '<!doctype html><html>',
    'model.safetensors': 'not that one',
  });
  expect(await halfFiles(folder, whole)).toEqual(['config.json', 'report.html', 'model.safetensors']);
});

test('a program whose second run is another is found out', async () => {
  const folder = temporaryFolder();
  const thaw = join(folder, 'thaw.mjs');
  writeFileSync(
    thaw,
    `import { mkdirSync, writeFileSync } from 'node:fs';
     const out = process.argv[process.argv.indexOf('--out') + 1];
     mkdirSync(out, { recursive: true });
     await new Promise((resolve) => setTimeout(resolve, 200));
     writeFileSync(out + '/history.json', '{"loss": [1], "epochSeconds": [' + Date.now() + ']}');
     writeFileSync(out + '/model.safetensors', process.argv.includes('other') ? String(Date.now()) : 'same');`,
  );
  const verify = (args: string[]) =>
    verifyResume({
      program: { command: [process.execPath, thaw], cwd: folder, env: process.env },
      args,
      folder: join(folder, 'runs'),
      kills: 2,
      random: () => 0.1,
      note: () => undefined,
    });
  await expect(verify([])).resolves.toMatchObject({ equal: true, kills: [{}, {}], epochs: 1 });
  await expect(verify(['other'])).resolves.toMatchObject({
    equal: false,
    differences: ['run 1: its model.safetensors differs'],
  });
});

test('whole processes: killed, ended at a call, with a call that fails', async () => {
  await processes.prepare();
  expect(await processes.calls(2)).toMatchObject({ tried: 2, right: 2 });
  expect(await processes.failures(2)).toMatchObject({ tried: 2, right: 2 });
});

test('thaw verify-resume proves it on the data that it is given', async () => {
  await processes.prepare();
  const main = join(packageRoot(), 'dist', 'lib', 'cli', 'main.js');
  const out = join(processes.folder, 'verified');
  const args = ['verify-resume', ...processes.args, '--kills', '2', '--out', out];
  const run = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: process.env });
  expect([run.status, run.stderr]).toEqual([0, expect.stringContaining('uninterrupted: 4 epochs')]);
  expect(run.stdout).toContain('ended with the same bytes as the uninterrupted one');
  expect(run.stdout).toContain(`SHA-256 ${processes.expected?.model}`);
  expect(existsSync(join(out, 'verify-resume'))).toBe(false);
});
