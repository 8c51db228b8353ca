import {
  batchNormalization,
  dense,
  dropout,
  flatten,
  globalAveragePooling,
  type HeadLayer,
} from '../../network/head.ts';

/** By Keras' class. */
const KINDS: Readonly<Record<string, HeadLayer['kind']>> = {
  GlobalAveragePooling2D: 'globalAveragePooling',
  Flatten: 'flatten',
  Dense: 'dense',
  Dropout: 'dropout',
  BatchNormalization: 'batchNormalization',
};

/**
 * A layer of a head from a file's description, made as a program would make it: whatever the file says.
 * @throws ThawError ERR_INVALID_ARGUMENT; TypeError where there is no such kind
 */
export function checkedHeadLayer(
  facts: { readonly kind: unknown } & Readonly<Record<string, unknown>>,
): HeadLayer {
  // Whatever they are: the functions refuse what is of another type.
  const { kind, units, activation, rate, momentum, epsilon } = facts as unknown as Required<HeadLayer>;
  switch (kind) {
    case 'globalAveragePooling':
      return globalAveragePooling();
    case 'flatten':
      return flatten();
    case 'dense':
      return dense(units, activation === undefined ? {} : { activation });
    case 'dropout':
      return dropout(rate);
    case 'batchNormalization':
      return batchNormalization({ momentum, epsilon });
    default:
      throw new TypeError(`no layer is a ${kind}`);
  }
}

/** Keras' classes that can stand in a head. */
export const HEAD_CLASSES: ReadonlySet<string> = new Set(Object.keys(KINDS));

/** The same from the config of a Keras layer, of a class that can stand there. @throws as above */
export function headLayerOf(type: string, config: Readonly<Record<string, unknown>>): HeadLayer {
  return checkedHeadLayer({ ...config, kind: KINDS[type] });
}
