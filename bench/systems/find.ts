import { keras } from './keras.ts';
import type { Python } from './python.ts';
import { pytorch } from './pytorch.ts';
import type { Missing, System } from './system.ts';
import { tfjs } from './tfjs.ts';
import { type Of, thaw } from './thaw.ts';

export interface Systems {
  readonly found: readonly System[];
  readonly missing: readonly Missing[];
  /** Of what they are made of. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Every system at hand, thaw first, and what is missing. @param python or why there is none */
export async function findSystems(python: Python | string, of: Of): Promise<Systems> {
  const found: System[] = [thaw(of)];
  const missing: Missing[] = [];
  const has = typeof python === 'string' ? undefined : python;
  // On a GPU PyTorch alone is measured beside thaw.
  const cpu = of.device === 'cpu';
  const tensorflow = cpu ? await tfjs(of) : { systems: [], versions: {} };
  const others = [
    ...(has
      ? [...pytorch(has, of), ...(cpu ? [keras(has, of)] : [])]
      : [{ title: 'PyTorch and Keras', advice: String(python) }]),
    ...tensorflow.systems,
  ];
  for (const other of others) {
    if ('advice' in other) missing.push(other);
    else found.push(other);
  }
  return { found, missing, versions: { ...has?.versions, ...tensorflow.versions } };
}
