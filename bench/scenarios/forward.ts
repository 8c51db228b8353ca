import { preparePixelsOf } from '../measuring/pixels.ts';
import { eventsNamed, measure } from '../measuring/process.ts';
import { median } from '../measuring/statistics.ts';
import { inTurns } from '../measuring/turns.ts';
import { percent, short } from '../presenting/numbers.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';
import type { System } from '../systems/system.ts';

export const forward: Scenario = {
  name: 'forward',
  claim: 'The network without gradients, from pixels in memory: what a frozen part costs.',
  needsPeer: false,
  run,
};

async function run(context: Context): Promise<Outcome> {
  const { quick, folder } = context;
  const { found } = await context.systems();
  const systems = found.filter((system) => system.forward && !(quick && system.compiles));
  const batchSize = quick ? 4 : 32;
  const images = 2 * batchSize;
  const pixels = await preparePixelsOf(await context.data('train'), images, folder);
  // What takes half a minute for a batch is known well enough after one pass.
  const passes = (system: System) => (quick || system.slow ? 1 : 5);
  const sides = systems.map((system) => ({
    name: system.title,
    start: async () => {
      const job = { pixels: pixels.file, shape: pixels.shape, batchSize, passes: passes(system) };
      const command = await system.forward?.(job);
      if (!command) throw new TypeError(`${system.title} has no forward pass.`);
      const [done] = eventsNamed<{ imagesPerSecond: number }>(await measure(command), 'done');
      return done?.imagesPerSecond ?? Number.NaN;
    },
  }));
  const turns = await inTurns(sides, {
    runs: context.options.runs ?? (quick ? 1 : 3),
    attempts: quick ? 1 : 6,
    note: context.note,
    describe: (value) => `${short(value)} images/s`,
  });
  const speeds = turns.map(({ values }) => (values.length > 0 ? median(values) : Number.NaN));
  const own = speeds[systems.findIndex(({ name }) => name === 'thaw')] ?? Number.NaN;
  const tuned = speeds[systems.findIndex(({ name }) => name === 'pytorch-tuned')] ?? Number.NaN;
  return {
    settings: { batchSize, images, passes: Object.fromEntries(systems.map((s) => [s.name, passes(s)])) },
    table: [
      ['system', 'images/s', 'thaw to it', 'disturbed'],
      ...turns.map((turn, i) => [
        turn.name,
        turn.values.length > 0 ? short(speeds[i] ?? Number.NaN) : 'failed',
        short(own / (speeds[i] ?? Number.NaN)),
        percent(turn.disturbance),
      ]),
    ],
    charts: [
      {
        kind: 'bars',
        title: 'The network without gradients',
        unit: 'images/s',
        groups: [
          {
            title: `batches of ${batchSize}`,
            bars: turns
              .map(({ name }, i) => ({ label: name, value: speeds[i] ?? Number.NaN }))
              .filter(({ value }) => Number.isFinite(value)),
          },
        ],
      },
    ],
    goals:
      quick || Number.isNaN(own / tuned)
        ? []
        : [
            {
              name: 'ratio to PyTorch tuned, eager',
              value: own / tuned,
              limit: 3.5,
              sense: 'at least',
            },
          ],
    measured: turns.map((turn, i) => ({ system: systems[i]?.name, ...turn })),
  };
}
