import { native } from '../native.ts';
import type { ModelDescription } from '../network/description.ts';
import type { HeadLayer } from '../network/head.ts';
import { preprocessingFor } from '../network/preprocessing.ts';
import { type GraphLayer, networkGraph } from './graph.ts';
import { HEAD_CLASSES } from './layers/head-layer.ts';

export interface KnownNetwork {
  description: ModelDescription;
  graph: readonly GraphLayer[];
}

/** In pixels. */
export interface ImageSize {
  height: number;
  width: number;
}

/** Where a file leaves it open. */
export const USUAL_SIZE: ImageSize = { height: 224, width: 224 };

/** Every network that there is, under the head: a file holds one of them, or is refused. */
export function knownNetworks(
  head: readonly HeadLayer[] = [],
  { height, width }: ImageSize = USUAL_SIZE,
): KnownNetwork[] {
  return native()
    .architectures()
    .map(({ name, variant }) => {
      const preprocessing = preprocessingFor([height, width, 3], variant);
      const description = { architecture: name, variant, head, classes: [], preprocessing };
      return { description, graph: networkGraph(description) };
    });
}

let classes: ReadonlySet<string> | undefined;

/** Keras' classes of all layers that a network or its head can have. */
export function knownClasses(): ReadonlySet<string> {
  classes ??= new Set([
    ...HEAD_CLASSES,
    ...knownNetworks().flatMap(({ graph }) => graph.map(({ type }) => type)),
  ]);
  return classes;
}

/** The one with the fewest differences; undefined where there is none to choose from. */
export function nearest<T>(candidates: readonly T[], differences: (candidate: T) => number): T | undefined {
  const counted = candidates.map((candidate) => ({ candidate, count: differences(candidate) }));
  const least = Math.min(...counted.map(({ count }) => count));
  return counted.find(({ count }) => count === least)?.candidate;
}
