import type { ModelDescription } from '../../network/description.ts';
import type { LAYOUTS } from '../../options/load.ts';
import { type GraphLayer, networkGraph } from '../graph.ts';
import { containerNames } from './names.ts';

/** A model as Keras arranges it: of layers, and of models within. */
export interface Arranged {
  name: string;
  type: 'Functional' | 'Sequential';
  layers: readonly (GraphLayer | Arranged)[];
}

/**
 * flat: one functional model of all layers. nested: as Keras' recipe for transfer learning builds it, a Sequential of
 * the network without its head, as a model, and the layers of the head.
 */
export type Layout = (typeof LAYOUTS)[number];

export function arranged(description: ModelDescription, layout: Layout): Arranged {
  const name = description.architecture;
  const graph = networkGraph(description);
  if (layout === 'flat') return { name, type: 'Functional', layers: graph };
  const backbone = networkGraph({ ...description, head: [] });
  const base: Arranged = { name, type: 'Functional', layers: backbone };
  return { name: 'sequential', type: 'Sequential', layers: [base, ...graph.slice(backbone.length)] };
}

export function isModel(layer: GraphLayer | Arranged): layer is Arranged {
  return 'layers' in layer;
}

/** The layers of a model and of those within, in order. */
export function leaves({ layers }: Arranged): GraphLayer[] {
  return layers.flatMap((layer) => (isModel(layer) ? leaves(layer) : [layer]));
}

/** The layers of a model with their groups' names in Keras 3's files of weights. */
export function contained({ layers }: Arranged): { layer: GraphLayer | Arranged; group: string }[] {
  const groups = containerNames(layers.map(({ type }) => type));
  return layers.map((layer, index) => ({ layer, group: groups[index] ?? '' }));
}
