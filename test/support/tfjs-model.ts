import { networkGraph } from '../../lib/formats/graph.ts';
import { tensorShape } from '../../lib/formats/layers/variables.ts';
import type { ModelFile, NamedTensor } from '../../lib/formats/model-file.ts';
import { weightsOf } from '../../lib/formats/tfjs/weights.ts';
import type { Architecture, Variant } from '../../lib/network/architecture.ts';
import { dense, globalAveragePooling, type HeadLayer } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';

// Globals are slow to reach in the contexts in which the tests run.
const { imul, sqrt } = Math;

/** Numbers in [0, 1), the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    // mulberry32
    state = (state + 0x6d2b79f5) | 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A network with weights, biases and statistics drawn so that its outputs stay in range. */
export function randomModel(
  architecture: Architecture,
  variant: Variant,
  { head = [globalAveragePooling(), dense(5)], side = 32, seed = 1, classes = [] as string[] } = {} as {
    head?: HeadLayer[];
    side?: number;
    seed?: number;
    classes?: string[];
  },
): ModelFile {
  const preprocessing = preprocessingFor([side, side, 3], variant);
  const description = { architecture, variant, head, classes, preprocessing };
  const random = randomNumbers(seed);
  const tensors: Record<string, NamedTensor> = {};
  for (const variable of weightsOf(networkGraph(description))) {
    const { name, tensor } = variable;
    const shape = tensorShape(variable);
    const [outputs = 1, ...rest] = shape;
    const inputs = rest.reduce((product, size) => product * size, 1);
    const spread = name === 'kernel' ? sqrt(6 / inputs) : 0.2;
    // The last norm of a block is weak: sums over many blocks do not grow.
    const middle = name === 'moving_variance' ? 1 : name === 'gamma' ? (/bn[23]/.test(tensor) ? 0.4 : 1) : 0;
    const data = new Float32Array(outputs * inputs);
    for (let index = 0; index < data.length; index++) data[index] = middle + spread * (2 * random() - 1);
    tensors[tensor] = { data, shape };
  }
  return { description, tensors };
}
