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
export function onnxGraph({ description, tensors }: ModelFile, input: Input): Graph {
  const { architecture, preprocessing } = description;
  const builder = new Builder(tensors);
  const values = new Map<string, Value>();
  const valueNamed = (name: string | undefined) => values.get(name ?? '') as Value;
  const layers = networkGraph(description);
  for (const layer of layers) {
    const value =
      layer.type === 'InputLayer'
        ? addInput(builder, preprocessing, input)
        : addLayer(builder, layer, valueNamed(layer.inputs[0]), valueNamed(layer.inputs[1]));
    values.set(layer.name, value);
  }

  const last = layers.at(-1) as GraphLayer;
  const output: Port = {
    name: outputName(last),
    type: 'float32',
    dims: [BATCH, ...valueNamed(last.name).shape],
  };
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
