/**
 * `npm run prove:process [-- ROUNDS]`: how long the event loop is held up, call by call, and what a process holds after
 * each quarter of ROUNDS (default 5000) short fits.
 */
import { table } from '../../lib/cli/common.ts';
import { eventLoop } from './event-loop.ts';
import { grown, growth } from './growth.ts';

const rounds = Number(process.argv[2] ?? 5000);
const delays = (await eventLoop()).map(({ call, p99Ms, maxMs, seconds }) => [
  call,
  `${p99Ms.toFixed(1)} ms`,
  `${maxMs.toFixed(1)} ms`,
  `${seconds.toFixed(1)} s`,
]);
console.log(table([['call', '99th percentile', 'longest', 'took'], ...delays]));
if (rounds > 0) {
  const all = await growth(rounds);
  const marks = [1, 2, 3, 4].map((quarter) => Math.max(0, Math.floor((rounds * quarter) / 4) - 1));
  const rows = marks.map((mark) => {
    const { memory = 0, handles = 0, threads = 0 } = all[mark] ?? {};
    return [String(mark + 1), `${(memory / 2 ** 20).toFixed(0)} MiB`, String(handles), String(threads)];
  });
  console.log(table([['fits', 'resident', 'handles', 'threads'], ...rows]));
  const more = grown(all);
  const flat = more.handles <= 0 && more.threads <= 0 && more.memory < 64 * 2 ** 20;
  console.log(flat ? 'Nothing grows.' : `Grown: ${JSON.stringify(more)}`);
  process.exitCode = flat ? 0 : 1;
}
