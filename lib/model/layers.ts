import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import { call, type NativeLayer, type NativeModel } from '../native.ts';
import { closest, invalid, positiveInteger, shortened } from '../validate.ts';

/** One named layer of a network, in Keras' order. */
export class Layer {
  /** Keras' name: `conv5_block3_3_conv`. */
  readonly name: string;
  /** torchvision's: `layer4.2.conv3`; empty where torchvision has no module for it. */
  readonly torchName: string;
  /** Keras' class: `Conv2D`. */
  readonly type: string;
  /** Without the batch: [height, width, channels] or [features]. */
  readonly outputShape: readonly number[];
  /** Belongs to the head, not to the backbone. */
  readonly head: boolean;
  /** Parameters, a BatchNorm's running statistics included, as Keras counts. */
  readonly paramCount: number;
  /** Those of them that training may change when the layer is trainable. */
  readonly weightCount: number;
  readonly #setTrainable: (trainable: boolean) => void;
  #trainable: boolean;

  constructor(facts: NativeLayer, index: number, network: () => NativeModel) {
    this.name = facts.name;
    this.torchName = facts.torchName;
    this.type = facts.type;
    this.outputShape = Object.freeze(facts.outputShape);
    this.head = facts.head;
    this.paramCount = facts.weights + facts.buffers;
    this.weightCount = facts.weights;
    this.#trainable = facts.trainable;
    this.#setTrainable = (trainable) => call(() => network().setTrainable([index], trainable));
  }

  /** Whether training changes the layer. A BatchNorm that is not trainable is in inference mode. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    this.#setTrainable(trainable);
    this.#trainable = trainable;
  }
}

/**
 * Names layers: the last N of the backbone (Keras' `model.layers[-N:]`), a name or the beginning of one at a
 * boundary (`conv5_block3`, `layer4`, `layer4.2.conv3`, `dense`), or a pattern tried on both names.
 */
export type LayerSelector = { last: number } | string | RegExp;

/** @throws ThawError ERR_UNKNOWN_LAYER where a selector names nothing, ERR_INVALID_ARGUMENT */
export function selectLayers(
  layers: readonly Layer[],
  selectors: LayerSelector | readonly LayerSelector[] | undefined,
): Layer[] {
  if (selectors === undefined) return [...layers];
  const list = Array.isArray(selectors)
    ? (selectors as readonly LayerSelector[])
    : [selectors as LayerSelector];
  const chosen = new Set(list.flatMap((selector) => selectOnce(layers, selector)));
  return layers.filter((layer) => chosen.has(layer));
}

function selectOnce(layers: readonly Layer[], selector: LayerSelector): Layer[] {
  if (typeof selector === 'object' && selector !== null && 'last' in selector) {
    const backbone = layers.filter((layer) => !layer.head);
    return backbone.slice(-positiveInteger('last', selector.last));
  }
  if (typeof selector !== 'string' && !types.isRegExp(selector)) {
    throw invalid('the layers', SELECTORS, selector);
  }
  const matches =
    typeof selector === 'string'
      ? (layer: Layer) => isNamed(layer, selector)
      : (layer: Layer) => layer.name.search(selector) >= 0 || layer.torchName.search(selector) >= 0;
  const found = layers.filter(matches);
  if (found.length > 0) return found;
  const nearest =
    typeof selector === 'string' ? closest(selector, layers.flatMap(selectableNames)) : undefined;
  throw new ThawError(
    'ERR_UNKNOWN_LAYER',
    `No layer is called ${shortened(String(selector))}${nearest ? `; did you mean ${nearest}?` : '; summary() lists the names.'}`,
  );
}

const SELECTORS = 'a name, a RegExp or { last: N }';
/** Keras' name of a layer, torchvision's, and those of the modules around it. */
function selectableNames({ name, torchName }: Layer): string[] {
  const parts = torchName.split('.');
  return [name, ...parts.map((_, i) => parts.slice(0, i + 1).join('.'))];
}

function isNamed(layer: Layer, name: string): boolean {
  return (
    layer.name === name ||
    layer.name.startsWith(`${name}_`) ||
    (layer.torchName !== '' && (layer.torchName === name || layer.torchName.startsWith(`${name}.`)))
  );
}
