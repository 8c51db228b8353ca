import type { OutputShape } from '../graph.ts';
import type { ModelFile } from '../model-file.ts';
import { tensorNamed } from '../tensor.ts';
import type { Attribute, Node, Tensor } from './proto.ts';

/** What a layer gives. */
export interface Value {
  name: string;
  /** As the graph says it: height, width, channels, though ONNX has the channels first. */
  shape: OutputShape;
  /** Zeros that the next layer is to put around it. */
  padding: number;
}

/** Collects the nodes of a graph and the tensors that they take. */
export class Builder {
  readonly nodes: Node[] = [];
  readonly tensors: Tensor[] = [];
  readonly #source: ModelFile['tensors'];

  constructor(source: ModelFile['tensors']) {
    this.#source = source;
  }

  /** Adds a node that takes values and tensors by name, and gives a value of its own name. */
  node(opType: string, name: string, input: readonly string[], attribute: readonly Attribute[] = []): string {
    this.nodes.push({ opType, name, input, output: [name], attribute });
    return name;
  }

  constant(name: string, dims: readonly number[], data: Float32Array): string {
    this.tensors.push({ name, dims, data });
    return name;
  }

  /** A tensor of the model, by its own name. @throws ThawError ERR_WEIGHTS_MISMATCH */
  weight(name: string, dims: readonly number[]): string {
    return this.constant(name, dims, tensorNamed(this.#source, name, dims).data);
  }
}

export function int(name: string, i: number): Attribute {
  return { name, type: 'INT', i };
}

export function ints(name: string, numbers: readonly number[]): Attribute {
  return { name, type: 'INTS', ints: numbers };
}

export function float(name: string, f: number): Attribute {
  return { name, type: 'FLOAT', f };
}
