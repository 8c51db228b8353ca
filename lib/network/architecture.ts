import { ARCHITECTURES, VARIANTS } from '../options/load.ts';
import { oneOf } from '../validate.ts';

export { ARCHITECTURES, VARIANTS };
export type Architecture = (typeof ARCHITECTURES)[number];
export type Variant = (typeof VARIANTS)[number];

export function architectureNamed(name: unknown): Architecture {
  return oneOf('architecture', name, ARCHITECTURES);
}
