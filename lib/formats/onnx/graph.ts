import { type GraphLayer, networkGraph } from '../graph.ts';
import type { ModelFile } from '../model-file.ts';
import { Builder, type Value } from './builder.ts';
import { addInput, type Input, inputPort } from './input.ts';
import { addLayer } from './layers.ts';
import { BATCH, type Graph, type Port } from './proto.ts';

/**
 * The network in ONNX's operators and order (batch, channels, height, width). Nodes are called as Keras' layers,
 * tensors as torchvision's.
 * @throws ThawError ERR_WEIGHTS_MISMATCH, ERR_INVALID_ARGUMENT where a head's layers do not follow each other
 */
export function onnxGraph(
  { description, tensors }: ModelFile,
  input: Input,
  layers: readonly GraphLayer[] = networkGraph(description),
): Graph {
  const { architecture, preprocessing } = description;
  const builder = new Builder(tensors);
  const values = new Map<string, Value>();
  for (const layer of layers) {
    const from = layer.inputs.map((name) => values.get(name) as Value);
    const { outputShape: shape } = layer;
    const value =
      layer.type === 'InputLayer'
        ? { name: addInput(builder, preprocessing, input), shape, padding: 0 }
        : addLayer(builder, layer, from);
    values.set(layer.name, value);
  }

  const last = layers.at(-1) as GraphLayer;
  const [height, width, channels] = last.outputShape;
  const dims = last.outputShape.length === 3 ? [channels, height, width] : last.outputShape;
  const output: Port = { name: outputName(last), type: 'float32', dims: [BATCH, ...(dims as number[])] };
  // Nothing else takes what the last node gives.
  const { nodes, tensors: initializers } = builder;
  const named = nodes.map((node, i) => (i === nodes.length - 1 ? { ...node, output: [output.name] } : node));
  return {
    name: architecture,
    nodes: named,
    tensors: initializers,
    input: inputPort(preprocessing, input),
    output,
  };
}

function outputName(last: GraphLayer): string {
  if (last.type !== 'Dense' || last.activation === 'relu') return 'features';
  return last.activation === 'linear' ? 'logits' : 'probabilities';
}
