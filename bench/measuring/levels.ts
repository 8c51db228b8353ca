import type { ResNet } from '../../lib/index.ts';

/** How much of the network a whole run trains; the peers know the same names. */
export const LEVELS = ['head', 'layer4.2', 'everything'] as const;
export type Level = (typeof LEVELS)[number];

/** What steps are measured at: the levels, and what else pays on a GPU. */
export const TASKS = [...LEVELS, 'layer4', 'everything-frozen-norm', 'layer4-cached', 'head-cached'] as const;
export type Task = (typeof TASKS)[number];

export const TITLES: Record<Task, string> = {
  head: 'head alone',
  'layer4.2': 'layer4.2 + head',
  everything: 'everything',
  layer4: 'layer4 + head',
  'everything-frozen-norm': 'everything, frozen BatchNorm',
  'layer4-cached': 'layer4 + head from the cache',
  'head-cached': 'head from the cache',
};

export function setTask(model: ResNet, task: Task): void {
  model.freeze();
  if (task.startsWith('everything')) model.unfreeze();
  else if (!task.startsWith('head')) model.unfreeze(task.replace('-cached', ''));
  if (task !== 'everything-frozen-norm') return;
  for (const layer of model.layers) if (layer.type === 'BatchNormalization') layer.trainable = false;
}
