import { LEVELS, TASKS, type Task, TITLES } from '../measuring/levels.ts';
import { drawPixels } from '../measuring/pixels.ts';
import type { Context, Goal } from '../scenario.ts';
import type { Precision, StepsJob } from '../systems/system.ts';
import { type Case, type Plan, processes, type Row } from './processes.ts';

interface StepsCase extends Case {
  readonly task: Task | 'forward';
  readonly precision: Precision;
}

export const forward = processes<StepsCase>(
  {
    name: 'forward',
    claim: 'The network without gradients, from pixels in memory: what a frozen part costs.',
  },
  (context) =>
    // Each system in the precision that it runs best in.
    steps(context, ['forward'], ['auto'], (rows) => {
      const tuned = rows.find(({ name }) => name === 'pytorch-tuned')?.ahead ?? Number.NaN;
      return [
        { name: 'ratio to PyTorch tuned, eager', value: tuned, limit: 3.5, sense: 'at least' },
        ...onH100(context, rows),
      ];
    }),
);

export const speed = processes<StepsCase>(
  {
    name: 'speed',
    claim: 'At each level of freezing thaw trains at least as fast as the best-tuned eager PyTorch.',
  },
  (context) => {
    const { options, quick } = context;
    const all = options.device === 'cuda' ? TASKS : LEVELS;
    const tasks = options.levels ?? (quick ? (['layer4.2'] as const) : all);
    const both = quick ? (['bfloat16'] as const) : (['bfloat16', 'float32'] as const);
    return steps(context, tasks, options.precision ? [options.precision] : both, (rows) => {
      const half = rows.filter(({ precision }) => precision === 'bfloat16');
      const ratios = [...new Set(half.map(({ group }) => group))].map((group): Goal => {
        return {
          name: `ratio to PyTorch, ${group}`,
          value: bestEager(half, group),
          limit: 1,
          sense: 'at least',
        };
      });
      return [...ratios, ...onH100(context, half)];
    });
  },
);

/** Batches in memory on all sides, nothing read or decoded; the first pass over them is left out. */
async function steps(
  { options, quick, folder, systems, note }: Context,
  tasks: readonly StepsCase['task'][],
  precisions: readonly Precision[],
  goals: (rows: readonly Row<StepsCase>[]) => Goal[],
): Promise<Plan<StepsCase>> {
  const cuda = options.device === 'cuda';
  // More than one, so that none is in a GPU's cache when its turn comes.
  const [batchSize, batches] = quick ? [2, 2] : cuda ? [256, 4] : [32, 2];
  const pixels = await drawPixels(batchSize * batches, folder);
  const { file, shape, labels } = pixels;
  const cases = tasks.flatMap((task) =>
    precisions.flatMap((precision) =>
      systems
        .filter(({ compiles }) => !(quick && compiles))
        .flatMap(({ name, title, slow, steps }): StepsCase[] => {
          const passes = quick || (slow && task === 'forward') ? 1 : passesOf(task, cuda);
          const job: StepsJob = { task, precision, pixels: file, shape, labels, batchSize, passes };
          const command = steps?.(job);
          const group = task === 'forward' ? `batches of ${batchSize}` : `${TITLES[task]}, ${precision}`;
          return command ? [{ name, title, group, task, precision, command }] : [];
        }),
    ),
  );
  note(`batches of ${batchSize}, ${batches} of them`);
  return {
    settings: { batchSize, batchesInMemory: batches, learningRate: 1e-4, optimizer: 'adam' },
    cases,
    group: 'what',
    value: {
      title: 'images/s',
      unit: 'images/s',
      better: 'more',
      read: ({ last }) => last.imagesPerSecond ?? Number.NaN,
    },
    goals,
  };
}

/** As many as take a few seconds; what takes half a minute for a batch is known well enough after one. */
function passesOf(task: StepsCase['task'], cuda: boolean): number {
  const often = task.endsWith('-cached') ? 20 : 1;
  if (cuda) return 20 * often;
  return (task.startsWith('everything') ? 3 : 5) * often;
}

/** Of PyTorch as it can be written without folding by hand. */
function bestEager(rows: readonly Row<StepsCase>[], group: string): number {
  const eager = rows.filter((row) => row.group === group && /-(autocast|cast|plain)$/.test(row.name));
  return Math.min(...eager.map(({ ahead }) => ahead).filter(Number.isFinite));
}

/** Images a second, in bfloat16. */
const H100: Partial<Record<StepsCase['task'], number>> = {
  forward: 20_000,
  everything: 3_500,
  'everything-frozen-norm': 6_000,
  layer4: 18_000,
  'layer4-cached': 45_000,
};

function onH100({ options }: Context, rows: readonly Row<StepsCase>[]): Goal[] {
  if (options.device !== 'cuda') return [];
  return rows
    .filter(({ name, task }) => name === 'thaw' && H100[task] !== undefined)
    .map(({ task, group, value }) => ({
      name: `images/s, ${group} (of an H100)`,
      value,
      limit: H100[task] ?? 0,
      sense: 'at least',
    }));
}
