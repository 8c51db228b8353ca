import type { GraphLayer } from '../graph.ts';
import { graphVariables, type Variable } from '../layers/variables.ts';

/** A weight of the manifest: a variable, and the layer that it belongs to. */
export interface LayerWeight extends Variable {
  layer: string;
}

/** Every weight of the network, layer by layer, in Keras' order. */
export function weightsOf(graph: readonly GraphLayer[]): LayerWeight[] {
  return [...graphVariables(graph)].flatMap(([layer, variables]) =>
    variables.map((variable) => ({ layer, ...variable })),
  );
}
