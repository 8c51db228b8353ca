import type { Hdf5File } from './hdf5-file.ts';
import type { LegacyLayer } from './legacy-layout.ts';
import { architectureNamed } from './recognise.ts';
import { assemble, backboneOf, type HeadPart, headPart, mismatch, type Told } from './weights-only.ts';

const ORDER = {
  convolution: ['kernel', 'bias'],
  batchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** From the older layout of weights alone: its layers are in order and have names. */
export function toldFromLegacy(file: Hdf5File, layers: readonly LegacyLayer[]): Told {
  const architecture = architectureNamed(
    layers.map(({ name }) => name),
    file.origin,
  );
  const bias = layers.find(({ name }) => name === 'conv1_conv')?.variables.has('bias') ?? false;
  const own = new Set(backboneOf(architecture, bias).map(({ name }) => name));
  const arrays = new Map<string, string[]>();
  const parts: HeadPart[] = [];
  let flattened: boolean | undefined;
  for (const { name, variables } of layers) {
    const kind = variables.has('gamma') ? 'batchNormalization' : 'convolution';
    const paths = ORDER[kind].flatMap((variable) => variables.get(variable) ?? []);
    if (paths.length !== variables.size) {
      throw mismatch(file, `its layer ${name} holds ${[...variables.keys()].join(', ')}`);
    }
    if (own.has(name)) {
      if (paths.length > 0) arrays.set(name, paths);
    } else if (paths.length > 0) parts.push(headPart(file, name, paths));
    else if (/flatten/.test(name)) flattened ??= true;
    else if (/avg_pool|global_average/.test(name)) flattened ??= false;
    else if (!/input|dropout/.test(name)) {
      throw mismatch(
        file,
        `its layer ${name} has no weights that would tell what it is; save the whole model`,
      );
    }
  }
  return assemble(file, architecture, bias, arrays, parts, flattened);
}
