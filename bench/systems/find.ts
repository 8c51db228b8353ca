import { keras } from './keras.ts';
import type { Python } from './python.ts';
import { pytorch } from './pytorch.ts';
import type { Missing, Of, System } from './system.ts';
import { tfjs } from './tfjs.ts';
import { thaw } from './thaw.ts';

export interface Systems {
  readonly found: readonly System[];
  readonly missing: readonly Missing[];
  /** Of what they are made of. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Every system at hand, thaw first, and what is missing. @param python or why there is none */
export async function findSystems(python: Python | string, of: Of): Promise<Systems> {
  // On a GPU PyTorch alone is measured beside thaw.
  const cpu = of.device === 'cpu';
  const tensorflow = cpu ? await tfjs(of) : { systems: [], versions: {} };
  const all: (System | Missing)[] = [
    thaw(of),
    ...(typeof python === 'string'
      ? [{ title: 'PyTorch and Keras', advice: python }]
      : [...pytorch(python, of), ...(cpu ? [keras(python, of)] : [])]),
    ...tensorflow.systems,
  ];
  return {
    found: all.filter((one) => 'command' in one),
    missing: all.filter((one) => 'advice' in one),
    versions: { ...(typeof python !== 'string' && python.versions), ...tensorflow.versions },
  };
}
