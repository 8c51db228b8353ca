import { ThawError } from '../errors.ts';
import { oneOf } from '../validate.ts';

export const ARCHITECTURES = ['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'] as const;
export type Architecture = (typeof ARCHITECTURES)[number];

export function architectureNamed(name: unknown): Architecture {
  return oneOf('architecture', name, ARCHITECTURES);
}

/** Blocks in layer1 to layer4 (He et al. 2015, table 1). */
const DEPTHS: Record<Architecture, string> = {
  resnet18: '2,2,2,2',
  resnet34: '3,4,6,3',
  resnet50: '3,4,6,3',
  resnet101: '3,4,23,3',
  resnet152: '3,8,36,3',
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
    (name) => DEPTHS[name] === depths.join() && (name === 'resnet18' || name === 'resnet34') === !bottleneck,
  );
  if (found) return found;
  throw new ThawError(
    'ERR_WEIGHTS_MISMATCH',
    `${origin} holds the weights of none of ${ARCHITECTURES.join(', ')}.`,
  );
}
