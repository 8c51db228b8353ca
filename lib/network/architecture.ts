import { ThawError } from '../errors.ts';
import { ARCHITECTURES, VARIANTS } from '../options/load.ts';
import { oneOf } from '../validate.ts';

export { ARCHITECTURES, VARIANTS };
export type Architecture = (typeof ARCHITECTURES)[number];
export type Variant = (typeof VARIANTS)[number];

export function architectureNamed(name: unknown): Architecture {
  return oneOf('architecture', name, ARCHITECTURES);
}

/** Blocks of layer1 to layer4, and whether they are bottlenecks (He et al. 2015, table 1). */
export const STAGES: Record<Architecture, { bottleneck: boolean; depths: readonly number[] }> = {
  resnet18: { bottleneck: false, depths: [2, 2, 2, 2] },
  resnet34: { bottleneck: false, depths: [3, 4, 6, 3] },
  resnet50: { bottleneck: true, depths: [3, 4, 6, 3] },
  resnet101: { bottleneck: true, depths: [3, 4, 23, 3] },
  resnet152: { bottleneck: true, depths: [3, 8, 36, 3] },
};

/**
 * Tells the architecture from the names of a weights file.
 * @throws ThawError ERR_WEIGHTS_MISMATCH where they are of none
 */
export function architectureOf(names: readonly string[], origin: string): Architecture {
  const depths = [1, 2, 3, 4].map(
    (stage) =>
      names.filter((name) => new RegExp(`^layer${stage}\\.\\d+\\.conv1\\.weight$`).test(name)).length,
  );
  const bottleneck = names.includes('layer1.0.conv3.weight');
  const found = ARCHITECTURES.find(
    (name) => STAGES[name].depths.join() === depths.join() && STAGES[name].bottleneck === bottleneck,
  );
  if (found) return found;
  throw new ThawError(
    'ERR_WEIGHTS_MISMATCH',
    `${origin} holds the weights of none of ${ARCHITECTURES.join(', ')}.`,
  );
}
