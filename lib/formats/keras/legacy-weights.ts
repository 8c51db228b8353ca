import { ARCHITECTURES } from '../../network/architecture.ts';
import { otherNetwork } from '../refuse.ts';
import type { Hdf5File } from './hdf5-file.ts';
import type { LegacyLayer } from './legacy-layout.ts';
import { assemble, type HeadPart, headPart, networkOf, type Told } from './weights-only.ts';

const ORDER = {
  convolution: ['kernel', 'bias'],
  batchNormalization: ['gamma', 'beta', 'moving_mean', 'moving_variance'],
};

/** From the older layout of weights alone: its layers are in order and have names. */
export function toldFromLegacy(file: Hdf5File, layers: readonly LegacyLayer[]): Told {
  const kernels = new Map<string, string[]>();
  for (const { name, variables } of layers) {
    const kernel = variables.get('kernel');
    if (kernel === undefined || file.array(kernel).shape.length !== 4) continue;
    kernels.set(
      name,
      ORDER.convolution.flatMap((variable) => variables.get(variable) ?? []),
    );
  }
  const network = networkOf(file, kernels.size, (name) => kernels.get(name));
  if (!network) {
    throw otherNetwork(file.origin, `its layers are those of none of ${ARCHITECTURES.join(', ')}`);
  }
  const own = new Set(network.graph.map(({ name }) => name));
  const arrays = new Map<string, string[]>();
  const parts: HeadPart[] = [];
  let flattened: boolean | undefined;
  for (const { name, variables } of layers) {
    const kind = variables.has('gamma') ? 'batchNormalization' : 'convolution';
    const paths = ORDER[kind].flatMap((variable) => variables.get(variable) ?? []);
    if (paths.length !== variables.size) {
      throw otherNetwork(file.origin, `its layer ${name} holds ${[...variables.keys()].join(', ')}`);
    }
    if (own.has(name)) {
      if (paths.length > 0) arrays.set(name, paths);
    } else if (paths.length > 0) parts.push(headPart(file, name, paths));
    else if (/flatten/.test(name)) flattened ??= true;
    else if (/avg_pool|global_average/.test(name)) flattened ??= false;
    else if (!/input|dropout/.test(name)) {
      throw otherNetwork(
        file.origin,
        `its layer ${name} has no weights that would tell what it is; save the whole model`,
      );
    }
  }
  return assemble(file, network, arrays, parts, flattened);
}
