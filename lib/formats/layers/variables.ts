import type { GraphLayer } from '../graph.ts';
import type { ModelFile, NamedTensor } from '../model-file.ts';
import { tensorNamed } from '../tensor.ts';

/** A variable of a layer in Keras' file, and the tensor that it is in a `ModelFile`. */
export interface Variable {
  /** Keras' name: `kernel`. */
  name: string;
  /** torchvision's name: `conv1.weight`. */
  tensor: string;
  /** In Keras' order of axes. */
  shape: readonly number[];
  layout: Layout;
}

/**
 * How the numbers stand in Keras. convolution: [height, width, in / groups, out]; bgr: the same with the input channels
 * reversed, as the first convolution of a network that is fed blue first; dense: [in, out]; vector: as they are.
 */
type Layout = 'convolution' | 'bgr' | 'dense' | 'vector';

/** The variables of every layer, by its name, in the order in which Keras keeps them. */
export function graphVariables(graph: readonly GraphLayer[]): Map<string, Variable[]> {
  const channels = new Map(graph.map(({ name, outputShape }) => [name, outputShape.at(-1) ?? 0]));
  const first = graph.find(({ type }) => type === 'Conv2D');
  return new Map(
    graph.map((layer) => {
      const variables = layerVariables(layer, channels.get(layer.inputs[0] ?? '') ?? 0, layer === first);
      return [layer.name, variables];
    }),
  );
}

/** `channels`: of the layer's input; `first`: whether it is the convolution that takes the images. */
function layerVariables(layer: GraphLayer, channels: number, first: boolean): Variable[] {
  switch (layer.type) {
    case 'Conv2D': {
      const { kernel, filters, groups, tensors } = layer;
      // Only Keras' variant convolves with biases, and only that one is fed blue first.
      const layout = layer.bias && first ? 'bgr' : 'convolution';
      const shape = [kernel, kernel, channels / groups, filters];
      const weight: Variable = { name: 'kernel', tensor: `${tensors}.weight`, shape, layout };
      return layer.bias ? [weight, vector('bias', `${tensors}.bias`, filters)] : [weight];
    }
    case 'Dense': {
      const { units, tensors } = layer;
      const shape = [channels, units];
      return [
        { name: 'kernel', tensor: `${tensors}.weight`, shape, layout: 'dense' },
        vector('bias', `${tensors}.bias`, units),
      ];
    }
    case 'BatchNormalization':
      return [
        vector('gamma', `${layer.tensors}.weight`, channels),
        vector('beta', `${layer.tensors}.bias`, channels),
        vector('moving_mean', `${layer.tensors}.running_mean`, channels),
        vector('moving_variance', `${layer.tensors}.running_var`, channels),
      ];
    default:
      return [];
  }
}

function vector(name: string, tensor: string, length: number): Variable {
  return { name, tensor, shape: [length], layout: 'vector' };
}

/** The shape of the tensor in a `ModelFile`: [out, in, height, width] or [out, in]. */
export function tensorShape({ layout, shape }: Variable): number[] {
  const [a = 1, b = 1, c = 1, d = 1] = shape;
  if (layout === 'vector') return [a];
  return layout === 'dense' ? [b, a] : [d, c, a, b];
}

/** The tensor that a variable is. @throws ThawError ERR_WEIGHTS_MISMATCH where it is missing or of another shape */
export function tensorOf(tensors: ModelFile['tensors'], variable: Variable): NamedTensor {
  return tensorNamed(tensors, variable.tensor, tensorShape(variable));
}

/** Keras' numbers in the order of a `ModelFile`. */
export function fromKeras(variable: Variable, data: Float32Array): Float32Array {
  return variable.layout === 'vector' ? data : reordered(variable, data, 'fromKeras');
}

/** A tensor of a `ModelFile` in Keras' order. */
export function toKeras(variable: Variable, data: Float32Array): Float32Array {
  return variable.layout === 'vector' ? data : reordered(variable, data, 'toKeras');
}

function reordered({ layout, shape }: Variable, data: Float32Array, direction: 'fromKeras' | 'toKeras') {
  const [height, width, ins, outs] = (layout === 'dense' ? [1, 1, ...shape] : shape) as [
    number,
    number,
    number,
    number,
  ];
  const area = height * width;
  const result = new Float32Array(data.length);
  for (let position = 0; position < area; position++) {
    for (let input = 0; input < ins; input++) {
      const row = (position * ins + input) * outs;
      const column = (layout === 'bgr' ? ins - 1 - input : input) * area + position;
      for (let output = 0; output < outs; output++) {
        const keras = row + output;
        const torch = output * ins * area + column;
        if (direction === 'fromKeras') result[torch] = data[keras] as number;
        else result[keras] = data[torch] as number;
      }
    }
  }
  return result;
}
