import type { ResNet } from '../../lib/index.ts';

/** How much of the network is trained; the peers know the same names. */
export const LEVELS = ['head', 'layer4.2', 'everything'] as const;
export type Level = (typeof LEVELS)[number];

export const LEVEL_TITLES: Record<Level, string> = {
  head: 'head alone',
  'layer4.2': 'layer4.2 + head',
  everything: 'everything',
};

export function setLevel(model: ResNet, level: Level): void {
  model.unfreeze();
  if (level === 'everything') return;
  model.freeze();
  if (level === 'layer4.2') model.unfreeze('layer4.2');
}
