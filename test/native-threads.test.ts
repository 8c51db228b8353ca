import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { packageRoot } from '../lib/files/package-root.ts';

// In a process of its own, with stacks of a gigabyte and room for one of them: the second thread cannot be started.
const program = `
  const { execFileSync } = require('node:child_process');
  const { readFileSync } = require('node:fs');
  const addon = require('node-gyp-build')(process.cwd());
  const size = Number(/VmSize:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  execFileSync('prlimit', ['--pid=' + process.pid, '--as=' + (size + 1.5 * 2 ** 30) + ':']);
  const calls = Array.from({ length: 8 }, () => addon.readWeights('/nowhere/weights.pth'));
  Promise.allSettled(calls).then(async (results) => {
    const codes = results.map(({ reason }) => reason.code);
    const later = await addon.readWeights('/nowhere/weights.pth').catch(({ code }) => code);
    console.log(JSON.stringify({ codes, later }));
  });
`;

test('a thread that cannot be started rejects its call and nothing else', async () => {
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', `ulimit -s 1048576 && exec "$0" -e "$1"`, process.execPath, program],
    { cwd: packageRoot() },
  );
  const { codes, later } = JSON.parse(stdout) as { codes: string[]; later: string };
  expect(new Set(codes)).toEqual(new Set(['ERR_WEIGHTS_NOT_FOUND', 'ERR_NO_THREAD']));
  expect(later).toBe('ERR_WEIGHTS_NOT_FOUND');
});
