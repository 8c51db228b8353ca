import type { GraphLayer } from '../graph.ts';
import { outputShapes } from './shapes.ts';

/** A weight of a layer: what Keras calls it, what torchvision calls it, and how the two lay it out. */
export interface LayerWeight {
  layer: string;
  /** `kernel`, `gamma`, ... */
  name: string;
  /** In Keras' layout: [height, width, in, out] of a convolution, [in, out] of a dense layer. */
  shape: readonly number[];
  /** torchvision's name. */
  tensor: string;
  /** In torchvision's layout: [out, in, height, width], [out, in]. */
  tensorShape: readonly number[];
  /** Keras' network takes blue first, a ModelFile's always red. */
  reversed: boolean;
}

/** Every weight of the network, layer by layer, in Keras' order. */
export function weightsOf(graph: readonly GraphLayer[]): LayerWeight[] {
  const shapes = outputShapes(graph);
  return graph.flatMap((layer) => {
    const inputs = shapes.get(layer.inputs[0] ?? '')?.at(-1) ?? 0;
    const vector = (name: string, tensor: string, length: number): LayerWeight => {
      const shape = [length];
      return { layer: layer.name, name, shape, tensor, tensorShape: shape, reversed: false };
    };
    const kernel = (tensors: string, size: readonly number[], outputs: number, reversed = false) => ({
      layer: layer.name,
      name: 'kernel',
      shape: [...size, inputs, outputs],
      tensor: `${tensors}.weight`,
      tensorShape: [outputs, inputs, ...size],
      reversed,
    });
    switch (layer.type) {
      case 'Conv2D': {
        const { kernel: size, filters, bias, tensors } = layer;
        // Only Keras' variant convolves with biases, and only that variant takes blue first.
        const weights = [kernel(tensors, [size, size], filters, bias && tensors === 'conv1')];
        return bias ? [...weights, vector('bias', `${tensors}.bias`, filters)] : weights;
      }
      case 'Dense': {
        const { units, tensors } = layer;
        return [kernel(tensors, [], units), vector('bias', `${tensors}.bias`, units)];
      }
      case 'BatchNormalization':
        return [
          vector('gamma', `${layer.tensors}.weight`, inputs),
          vector('beta', `${layer.tensors}.bias`, inputs),
          vector('moving_mean', `${layer.tensors}.running_mean`, inputs),
          vector('moving_variance', `${layer.tensors}.running_var`, inputs),
        ];
      default:
        return [];
    }
  });
}

/** A ModelFile's values in Keras' layout. */
export function toKeras(weight: LayerWeight, values: Float32Array): Float32Array {
  return reordered(weight, values, true);
}

/** Keras' values in a ModelFile's layout. */
export function fromKeras(weight: LayerWeight, values: Float32Array): Float32Array {
  return reordered(weight, values, false);
}

function reordered(weight: LayerWeight, values: Float32Array, toKeras: boolean): Float32Array {
  if (weight.shape.length === 1) return values;
  const [outputs = 0, inputs = 0] = weight.tensorShape;
  const places = values.length / (outputs * inputs);
  const result = new Float32Array(values.length);
  for (let place = 0; place < places; place++) {
    for (let input = 0; input < inputs; input++) {
      const kerasInput = weight.reversed ? inputs - 1 - input : input;
      for (let output = 0; output < outputs; output++) {
        const keras = (place * inputs + kerasInput) * outputs + output;
        const torch = (output * inputs + input) * places + place;
        if (toKeras) result[keras] = values[torch] as number;
        else result[torch] = values[keras] as number;
      }
    }
  }
  return result;
}
