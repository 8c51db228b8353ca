import { isDeepStrictEqual } from 'node:util';
import { type MemberOf, make } from '../options/family.ts';
import type { ACTIVATIONS } from '../options/head-layers.ts';
import { type HeadLayer, headLayers } from '../options/head-layers.ts';
import type { INITIALIZERS } from '../options/load.ts';
import { knownOptions } from '../validate.ts';

export { type HeadLayer, headUnits, linearHead } from '../options/head-layers.ts';
export { INITIALIZERS } from '../options/load.ts';

export type Activation = (typeof ACTIVATIONS)[number];
export type Initializer = (typeof INITIALIZERS)[number];

type Layers = typeof headLayers;

/** [h, w, channels] -> [channels]: the mean over the feature map. */
export function globalAveragePooling(): MemberOf<Layers, 'globalAveragePooling'> {
  return make(headLayers, 'globalAveragePooling', {});
}

/** [h, w, channels] -> [h * w * channels], in that order (Keras'; PyTorch's is channels, h, w). */
export function flatten(): MemberOf<Layers, 'flatten'> {
  return make(headLayers, 'flatten', {});
}

/**
 * A fully connected layer, [features] -> [units]: Glorot uniform weights, zero biases (Keras' initialisers).
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function dense(
  units: number,
  options: { activation?: Activation | undefined } = {},
): MemberOf<Layers, 'dense'> {
  knownOptions('dense', options, ['activation']);
  return make(headLayers, 'dense', { ...options, units });
}

/**
 * While training, sets a random share of the values to zero and scales the others by 1 / (1 - rate).
 * @throws ThawError ERR_INVALID_ARGUMENT
 */
export function dropout(rate: number): MemberOf<Layers, 'dropout'> {
  return make(headLayers, 'dropout', { rate });
}

/**
 * Batch normalisation over the features, with Keras' defaults.
 * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
 */
export function batchNormalization(
  options: { momentum?: number | undefined; epsilon?: number | undefined } = {},
): MemberOf<Layers, 'batchNormalization'> {
  return make(headLayers, 'batchNormalization', options);
}

/** Whether a head is torchvision's: its tensors are then called `fc`, else `head.0`, `head.1`, ... */
export function isLinearHead(layers: readonly HeadLayer[]): boolean {
  return layers.length === 2 && layers[0]?.kind === 'globalAveragePooling' && layers[1]?.kind === 'dense';
}

/** Gives the layers the names that Keras would give them: dense, dense_1, ... */
export function namedHead(layers: readonly HeadLayer[]): (HeadLayer & { name: string })[] {
  const seen = new Map<string, number>();
  return layers.map((layer) => {
    const base = snakeCase(headLayers[layer.kind].keras);
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return { ...layer, name: count === 0 ? base : `${base}_${count}` };
  });
}

/** As Keras makes a layer's name of its class: GlobalAveragePooling2D -> global_average_pooling2d. */
function snakeCase(name: string): string {
  return name.replace(/(?<=.)([A-Z][a-z]+)/g, '_$1').toLowerCase();
}

/** Whether both are built alike, whatever their layers are called. */
export function sameHead(a: readonly HeadLayer[], b: readonly HeadLayer[]): boolean {
  const unnamed = (head: readonly HeadLayer[]) => namedHead(head).map(({ name: _, ...layer }) => layer);
  return isDeepStrictEqual(unnamed(a), unnamed(b));
}

/** For sentences: `flatten,dense:256,dropout,dense:10`. */
export function headText(head: readonly HeadLayer[]): string {
  if (head.length === 0) return 'no head';
  return head.map((layer) => (layer.kind === 'dense' ? `dense:${layer.units}` : layer.kind)).join(',');
}
