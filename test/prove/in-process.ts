import { table } from '../../lib/cli/common.ts';
import type { Row } from './engine.ts';
import { eventLoop } from './event-loop.ts';
import { grown, growth } from './growth.ts';

/** Below which nobody who talks to the program notices that it works. */
const longestDelay = 20;

/** Every call leaves the event loop free. */
export async function freeLoop(): Promise<Row> {
  const start = performance.now();
  const delays = await eventLoop();
  const cells = delays.map(({ call, p99Ms, maxMs, seconds }) => [
    call,
    `${p99Ms.toFixed(1)} ms`,
    `${maxMs.toFixed(1)} ms`,
    `${seconds.toFixed(1)} s`,
  ]);
  process.stderr.write(`${table([['call', '99th percentile', 'longest', 'took'], ...cells])}\n`);
  return {
    what: 'calls that leave the event loop free',
    tried: delays.length,
    right: delays.filter(({ p99Ms }) => p99Ms < longestDelay).length,
    details: `a turn takes at most ${Math.max(...delays.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms in 99 of 100`,
    seconds: (performance.now() - start) / 1e3,
  };
}

/** So many short fits leave nothing in the process. */
export async function flat(rounds: number): Promise<Row> {
  const start = performance.now();
  const { memory, handles, threads } = grown(await growth(rounds));
  const megabytes = memory / 2 ** 20;
  const nothingGrows = handles <= 0 && threads <= 0 && megabytes < 64;
  return {
    what: 'short fits in one process',
    tried: rounds,
    right: nothingGrows ? rounds : 0,
    details: `from the second quarter to the last: ${megabytes.toFixed(1)} MiB, ${handles} handles, ${threads} threads more`,
    seconds: (performance.now() - start) / 1e3,
  };
}
