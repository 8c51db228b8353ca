import { checkMember } from '../../options/family.ts';
import { type HeadLayer, headLayers } from '../../options/head-layers.ts';
import { pick } from '../../options/table.ts';

/** By Keras' class. */
const KINDS: ReadonlyMap<string, HeadLayer['kind']> = new Map(
  Object.entries(headLayers).map(([kind, { keras }]) => [keras, kind as HeadLayer['kind']]),
);

/**
 * A layer of a head from a file's description, made as a program would make it: whatever the file says. What such a
 * layer has no option for is left out.
 * @throws ThawError ERR_INVALID_ARGUMENT; TypeError where there is no such kind
 */
export function checkedHeadLayer(
  facts: { readonly kind: unknown } & Readonly<Record<string, unknown>>,
): HeadLayer {
  const { kind } = facts;
  if (typeof kind !== 'string' || !Object.hasOwn(headLayers, kind)) {
    throw new TypeError(`no layer is a ${kind}`);
  }
  const { options } = headLayers[kind as HeadLayer['kind']];
  return checkMember('head', headLayers, 'a layer of a head', { ...pick(options, facts), kind });
}

/** Keras' classes that can stand in a head. */
export const HEAD_CLASSES: ReadonlySet<string> = new Set(KINDS.keys());

/** The same from the config of a Keras layer, of a class that can stand there. @throws as above */
export function headLayerOf(type: string, config: Readonly<Record<string, unknown>>): HeadLayer {
  return checkedHeadLayer({ ...config, kind: KINDS.get(type) });
}
