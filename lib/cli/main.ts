#!/usr/bin/env node
import { reasonOf } from '../reason.ts';
import { surviveClosedTerminal } from './closed-terminal.ts';
import { exitCodes, Interruption, interruptions } from './context.ts';
import { LossyOutput } from './lossy-output.ts';
import { nativeApi } from './native-api.ts';
import { runCommandLine } from './run.ts';

surviveClosedTerminal();
const stderr = new LossyOutput(process.stderr);
const stdout = new LossyOutput(process.stdout, (error) => {
  if (stdout.lost) stderr.write(`thaw: standard output is lost from here on: ${reasonOf(error)}.\n`);
});

const interruption = new AbortController();
for (const signal of interruptions) {
  process.on(signal, () => {
    // The first asks training to stop at its next step; who asks again does not want to wait for the checkpoint.
    if (interruption.signal.aborted) process.exit(exitCodes[signal]);
    stderr.write('\nstopping; once more to stop at once\n');
    interruption.abort(new Interruption(signal));
  });
}

const args = process.argv.slice(2);
// What training is for is in its folder; what the others are for may be what is lost.
process.on('exit', (code) => {
  if (code === exitCodes.done && stdout.lost && args[0] !== 'train') process.exitCode = exitCodes.failed;
});
process.exitCode = await runCommandLine(args, {
  stdout,
  stderr,
  signal: interruption.signal,
  env: process.env,
  cwd: process.cwd(),
  api: nativeApi,
});
