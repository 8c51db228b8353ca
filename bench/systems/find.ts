import { keras } from './keras.ts';
import type { Python } from './python.ts';
import { pytorch } from './pytorch.ts';
import type { Missing, System } from './system.ts';
import { tfjs } from './tfjs.ts';
import { thaw } from './thaw.ts';
import type { Weights } from './weights.ts';

export interface Systems {
  readonly found: readonly System[];
  readonly missing: readonly Missing[];
  /** Of what they are made of. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Every system at hand, thaw first, and what is missing. @param python or why there is none */
export async function findSystems(
  python: Python | string,
  weights: Weights,
  folder: string,
): Promise<Systems> {
  const found: System[] = [thaw(weights, folder)];
  const missing: Missing[] = [];
  const has = typeof python === 'string' ? undefined : python;
  const tensorflow = await tfjs(has, weights, folder);
  const others = [
    ...(has
      ? [...pytorch(has, weights, folder), keras(has, weights, folder)]
      : [{ title: 'PyTorch and Keras', advice: String(python) }]),
    ...tensorflow.systems,
  ];
  for (const other of others) {
    if ('advice' in other) missing.push(other);
    else found.push(other);
  }
  return { found, missing, versions: { ...has?.versions, ...tensorflow.versions } };
}
