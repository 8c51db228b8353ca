import { types } from 'node:util';
import { ThawError } from '../errors.ts';
import { fromKeras, tensorOf, tensorShape, toKeras, type Variable } from '../formats/layers/variables.ts';
import { call, type NativeLayer, type NativeModel, settle } from '../native.ts';
import { closest, invalid, positiveInteger, shortened } from '../validate.ts';
import type { Tensor } from './prediction.ts';

/** The network of a layer. */
export interface LayerHost {
  native(): NativeModel;
  /** Where the layer stands; -1 where it belonged to a head that is no more. */
  indexOf(layer: Layer): number;
  /** What of its weights are Keras' variables, in Keras' order. */
  variables(layer: Layer): readonly Variable[];
}

/**
 * One named layer of a network, in Keras' order. A layer of the backbone stays what it is for as long as the model is
 * there; one of the head until the head is replaced.
 */
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
  readonly #host: LayerHost;
  #trainable: boolean;

  constructor(facts: NativeLayer, host: LayerHost) {
    this.name = facts.name;
    this.torchName = facts.torchName;
    this.type = facts.type;
    this.outputShape = Object.freeze(facts.outputShape);
    this.head = facts.head;
    this.paramCount = facts.weights + facts.buffers;
    this.weightCount = facts.weights;
    this.#trainable = facts.trainable;
    this.#host = host;
  }

  /** Whether training changes the layer. A BatchNorm that is not trainable is in inference mode. */
  get trainable(): boolean {
    return this.#trainable;
  }

  set trainable(trainable: boolean) {
    const index = this.#index();
    call(() => this.#host.native().setTrainable([index], trainable));
    this.#trainable = trainable;
  }

  /**
   * Copies of its weights, in Keras' order and shapes: a convolution's [height, width, in / groups, out], a dense layer's
   * [in, out], then the bias; a BatchNorm's gamma, beta, moving mean and variance.
   * @throws ThawError ERR_UNKNOWN_LAYER, ERR_MODEL_BUSY
   */
  async getWeights(): Promise<Tensor[]> {
    this.#index();
    const variables = this.#host.variables(this);
    const tensors = await settle(this.#host.native().state(variables.map(({ tensor }) => tensor)));
    return variables.map((variable) => ({
      data: toKeras(variable, tensorOf(tensors, variable).data),
      shape: variable.shape,
    }));
  }

  /**
   * Puts weights into it, as many and of such shapes as `getWeights` gives.
   * @throws ThawError ERR_UNKNOWN_LAYER, ERR_MODEL_BUSY, ERR_INVALID_ARGUMENT
   */
  setWeights(weights: readonly Tensor[]): void {
    this.#index();
    const variables = this.#host.variables(this);
    if (!Array.isArray(weights) || weights.length !== variables.length) {
      throw invalid('weights', `a list of ${variables.length} tensors`, weights);
    }
    const tensors = variables.map((variable, i): [string, { data: Float32Array; shape: number[] }] => {
      const { data, shape } = (weights[i] ?? {}) as Partial<Tensor>;
      const size = variable.shape.reduce((product, side) => product * side, 1);
      // Not instanceof: what getWeights() gives may come of another realm, as in Jest.
      if (!types.isFloat32Array(data) || data.length !== size || String(shape) !== String(variable.shape)) {
        throw invalid(
          `weights[${i}]`,
          `{ data: Float32Array, shape: [${variable.shape.join(', ')}] }, the ${variable.name},`,
          types.isFloat32Array(data) ? shape : weights[i],
        );
      }
      return [variable.tensor, { data: fromKeras(variable, data), shape: tensorShape(variable) }];
    });
    call(() => this.#host.native().setState(Object.fromEntries(tensors)));
  }

  #index(): number {
    const index = this.#host.indexOf(this);
    if (index >= 0) return index;
    throw new ThawError(
      'ERR_UNKNOWN_LAYER',
      `The layer ${this.name} belonged to a head that has been replaced; model.layers has those of the new one.`,
    );
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
  throw unknownLayer(selector, layers);
}

/** The layer of this name or at this place. @throws ThawError ERR_UNKNOWN_LAYER */
export function oneLayer(layers: readonly Layer[], nameOrIndex: string | number): Layer {
  const found =
    typeof nameOrIndex === 'number'
      ? layers.at(nameOrIndex)
      : layers.find(({ name, torchName }) => name === nameOrIndex || torchName === nameOrIndex);
  if (found) return found;
  if (typeof nameOrIndex === 'string') throw unknownLayer(nameOrIndex, layers);
  throw new ThawError(
    'ERR_UNKNOWN_LAYER',
    `There is no layer ${nameOrIndex}: the model has ${layers.length}.`,
  );
}

function unknownLayer(name: string | RegExp, layers: readonly Layer[]): ThawError {
  const nearest = typeof name === 'string' ? closest(name, layers.flatMap(selectableNames)) : undefined;
  return new ThawError(
    'ERR_UNKNOWN_LAYER',
    `No layer is called ${shortened(String(name))}${nearest ? `; did you mean ${nearest}?` : '; summary() lists the names.'}`,
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
