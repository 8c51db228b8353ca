#!/usr/bin/env node
import { exitCodes } from './context.ts';
import { nativeApi } from './native-api.ts';
import { runCommandLine } from './run.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // The first asks training to stop at its next step; who asks again does not want to wait for the checkpoint.
    if (interruption.signal.aborted) process.exit(exitCodes.interrupted);
    process.stderr.write('\nstopping; once more to stop at once\n');
    interruption.abort();
  });
}
// `thaw ... | head` closes the pipe; that is no failure of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(exitCodes.done);
    throw error;
  });
}

process.exitCode = await runCommandLine(process.argv.slice(2), {
  stdout: process.stdout,
  stderr: process.stderr,
  signal: interruption.signal,
  env: process.env,
  cwd: process.cwd(),
  api: nativeApi,
});
