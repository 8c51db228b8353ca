/**
 * `npm run prove [-- --long] [--seed S]`: that nothing spoils a run (docs/reliability.md). Minutes, or with --long hours;
 * prints a table, and exits with 1 where anything was not as it should be.
 */
import { parseArgs } from 'node:util';
import { table } from '../../lib/cli/common.ts';
import { engineProof, type Row, sweep } from './engine.ts';
import { flat, freeLoop } from './in-process.ts';
import { Processes } from './processes.ts';

const { values } = parseArgs({
  options: { long: { type: 'boolean', default: false }, seed: { type: 'string', default: '1' } },
});
const seed = Number(values.seed);
const trials = (short: number, long: number) => (values.long ? long : short);

sweep();
const processes = new Processes();
const proofs: readonly (() => Promise<Row>)[] = [
  () => engineProof('kills', trials(1_000, 10_000), seed),
  () => engineProof('calls', trials(600, 1_000_000), seed),
  () => engineProof('failures', trials(600, 1_000_000), seed),
  () => engineProof('cuts', trials(1_500, 50_000), seed),
  () => engineProof('flips', trials(20_000, 100_000_000), seed),
  () => processes.random(trials(20, 200), seed),
  () => processes.calls(trials(20, 1_000_000)),
  () => processes.failures(trials(20, 1_000_000)),
  freeLoop,
  () => flat(trials(500, 5_000)),
];
const rows: Row[] = [];
try {
  for (const proof of proofs) {
    const row = await proof();
    rows.push(row);
    process.stderr.write(
      `${row.what}: ${row.right} of ${row.tried} in ${row.seconds.toFixed(0)} s; ${row.details}\n`,
    );
  }
} finally {
  processes.dispose();
}
const cells = rows.map(({ what, tried, right, details, seconds }) => [
  what,
  String(tried),
  String(right),
  `${seconds.toFixed(0)} s`,
  details,
]);
process.stdout.write(`${table([['what', 'tried', 'right', 'time', ''], ...cells])}\n`);
process.exitCode = rows.every(({ tried, right }) => tried > 0 && tried === right) ? 0 : 1;
