import { Random } from '../../lib/demo/random.ts';
import { networkGraph } from '../../lib/formats/graph.ts';
import { graphVariables, tensorShape } from '../../lib/formats/layers/variables.ts';
import type { ModelFile, NamedTensor } from '../../lib/formats/model-file.ts';
import type { ModelDescription } from '../../lib/network/description.ts';

/** A network with random weights, biases and statistics, scaled so that its outputs are not saturated. */
export function randomModel(description: ModelDescription, seed: number): ModelFile {
  const random = new Random(seed);
  const tensors: Record<string, NamedTensor> = {};
  for (const variables of graphVariables(networkGraph(description)).values()) {
    for (const variable of variables) {
      const shape = tensorShape(variable);
      const length = shape.reduce((product, size) => product * size, 1);
      const spread = shape.length > 1 ? Math.sqrt((shape[0] ?? 1) / length) : 0.2;
      const positive = variable.name === 'gamma' || variable.name === 'moving_variance';
      const data = Float32Array.from({ length }, () =>
        positive ? random.between(0.5, 1.2) : spread * random.normal(),
      );
      tensors[variable.tensor] = { data, shape };
    }
  }
  return { description, tensors };
}

/** The names of the tensors that are not the same in both, bit by bit and in shape. */
export function differing(
  a: Readonly<Record<string, NamedTensor>>,
  b: Readonly<Record<string, NamedTensor>>,
): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].filter((name) => {
    const [left, right] = [a[name], b[name]];
    if (!left || !right || left.shape.join() !== right.shape.join()) return true;
    return !bytesOf(left).equals(bytesOf(right));
  });
}

function bytesOf({ data }: NamedTensor): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
