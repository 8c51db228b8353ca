import { drawPixels } from '../measuring/drawn.ts';
import { LEVELS, TASKS, type Task, TITLES } from '../measuring/levels.ts';
import { atLeast, type Context, type Goal } from '../scenario.ts';
import type { StepsJob } from '../systems/system.ts';
import { type Case, casesOf, type Plan, processes, type Row, SPEED } from './processes.ts';

interface StepsCase extends Case, Pick<StepsJob, 'task' | 'precision'> {}

export const forward = processes<StepsCase>(
  {
    name: 'forward',
    claim: 'The network without gradients, from pixels in memory: what a frozen part costs.',
  },
  (context) =>
    // Each system in the precision that it runs best in.
    steps(context, ['forward'], ['auto'], (rows) =>
      rows
        .filter(({ name }) => name === 'pytorch-tuned')
        .map(({ ahead }) => atLeast('ratio to PyTorch tuned, eager', ahead, 3.5)),
    ),
);

export const speed = processes<StepsCase>(
  {
    name: 'speed',
    claim: 'At each level of freezing thaw trains at least as fast as the best-tuned eager PyTorch.',
  },
  (context) => {
    const { levels, quick, device, precision } = context.options;
    const tasks = levels ?? (quick ? (['layer4.2'] as const) : device === 'cuda' ? TASKS : LEVELS);
    const both = quick ? (['bfloat16'] as const) : (['bfloat16', 'float32'] as const);
    return steps(context, tasks, precision ? [precision] : both, (rows) =>
      tasks.map((task) => {
        // Of PyTorch as it comes, without folding.
        const eager = rows.filter(
          (row) => row.task === task && row.precision === 'bfloat16' && /-(tuned|cast)$/.test(row.name),
        );
        return atLeast(`ratio to PyTorch, ${TITLES[task]}`, Math.min(...eager.map(({ ahead }) => ahead)), 1);
      }),
    );
  },
);

/** Batches in memory on all sides, nothing read or decoded; the first pass over them is left out. */
async function steps(
  { options, folder, systems }: Context,
  tasks: readonly StepsJob['task'][],
  precisions: readonly StepsJob['precision'][],
  goals: (rows: readonly Row<StepsCase>[]) => Goal[],
): Promise<Plan<StepsCase>> {
  const { quick } = options;
  const cuda = options.device === 'cuda';
  // More than one, so that none is in a GPU's cache when its turn comes.
  const [batchSize, batches] = quick ? [2, 2] : cuda ? [256, 4] : [32, 2];
  const { file: pixels, shape, labels } = await drawPixels(batchSize * batches, folder);
  const cases = tasks.flatMap((task) =>
    precisions.flatMap((precision) =>
      systems.flatMap((system) => {
        const passes = quick || (system.slow && task === 'forward') ? 1 : passesOf(task, cuda);
        const job: StepsJob = { work: 'steps', task, precision, pixels, shape, labels, batchSize, passes };
        const group = task === 'forward' ? `batches of ${batchSize}` : `${TITLES[task]}, ${precision}`;
        return casesOf([system], group, job, { task, precision });
      }),
    ),
  );
  return {
    settings: { batchSize, batchesInMemory: batches, learningRate: 1e-4, optimizer: 'adam' },
    cases,
    group: 'what',
    value: SPEED,
    goals: (rows) => [...goals(rows), ...(cuda ? onH100(rows) : [])],
  };
}

/** As many as take a few seconds; what takes half a minute for a batch is known well enough after one. */
function passesOf(task: StepsJob['task'], cuda: boolean): number {
  const often = task.endsWith('-cached') ? 20 : 1;
  return often * (cuda ? 20 : task.startsWith('everything') ? 3 : 5);
}

/** Images a second of an H100, in bfloat16. */
const H100: Partial<Record<Task | 'forward', number>> = {
  forward: 20_000,
  everything: 3_500,
  'everything-frozen-norm': 6_000,
  layer4: 18_000,
  'layer4-cached': 45_000,
};

function onH100(rows: readonly Row<StepsCase>[]): Goal[] {
  return rows.flatMap(({ name, precision, task, group, value }) => {
    const limit = H100[task];
    if (name !== 'thaw' || precision === 'float32' || limit === undefined) return [];
    return [atLeast(`images/s, ${group} (of an H100)`, value, limit)];
  });
}
