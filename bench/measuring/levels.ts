import { ThawError } from '../../lib/errors.ts';
import type { ResNet } from '../../lib/index.ts';

/** How much of the network is trained, and what tables call it; the peers know the same names. */
export const TITLES = {
  head: 'head alone',
  'layer4.2': 'layer4.2 + head',
  everything: 'everything',
  // What else pays on a GPU; steps alone are measured at these.
  layer4: 'layer4 + head',
  'everything-frozen-norm': 'everything, frozen BatchNorm',
  'layer4-cached': 'layer4 + head from the cache',
  'head-cached': 'head from the cache',
} as const;

export const TASKS = Object.keys(TITLES) as Task[];
export type Task = keyof typeof TITLES;

/** Those of a whole run. */
export const LEVELS = ['head', 'layer4.2', 'everything'] as const satisfies readonly Task[];
export type Level = (typeof LEVELS)[number];

/** Of a whole run; a quick look at one of them is enough to see that every system works. */
export function levelsOf(options: { levels?: readonly Task[]; quick: boolean }): readonly Level[] {
  const { levels = options.quick ? ['head'] : LEVELS } = options;
  const isLevel = (level: Task): level is Level => (LEVELS as readonly Task[]).includes(level);
  if (levels.every(isLevel)) return levels;
  const message = `Whole runs train ${LEVELS.join(', ')}: name these as --levels.`;
  throw new ThawError('ERR_INVALID_ARGUMENT', message);
}

export function setTask(model: ResNet, task: Task): void {
  model.freeze();
  if (task.startsWith('everything')) model.unfreeze();
  else if (!task.startsWith('head')) model.unfreeze(task.replace('-cached', ''));
  if (task !== 'everything-frozen-norm') return;
  for (const layer of model.layers) if (layer.type === 'BatchNormalization') layer.trainable = false;
}
