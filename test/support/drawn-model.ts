import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from '../../lib/demo/random.ts';
import { networkGraph } from '../../lib/formats/graph.ts';
import type { ModelFile, NamedTensor } from '../../lib/formats/model-file.ts';
import type { Architecture, Variant } from '../../lib/network/architecture.ts';
import type { ModelDescription } from '../../lib/network/description.ts';
import type { HeadLayer } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';

export function describeNetwork(
  architecture: Architecture,
  head: readonly HeadLayer[],
  facts: { variant?: Variant; side?: number; classes?: readonly string[] } = {},
): ModelDescription {
  const { variant = 'torchvision', side = 64, classes = [] } = facts;
  const preprocessing = preprocessingFor([side, side, 3], variant);
  return { architecture, variant, head, classes, preprocessing };
}

/**
 * Weights for a network, drawn from a seed: as large as keeps its activations in range, and nothing zero or one, so
 * that no bias, statistic or epsilon can be mixed up or left out unseen.
 */
export function drawnModel(description: ModelDescription, seed: number): ModelFile {
  const random = new Random(seed);
  const tensors: Record<string, NamedTensor> = {};
  const draw = (name: string, shape: readonly number[], number: () => number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    tensors[name] = { data: Float32Array.from({ length: size }, number), shape };
  };
  const uniform = (minimum: number, maximum: number) => () => random.between(minimum, maximum);
  const scaled = (fanIn: number, gain: number) => () => random.normal() * Math.sqrt(gain / fanIn);

  // Of uniformly drawn pixels, once they are normalised: Keras' stay between -124 and 151.
  const inputDeviation = Math.sqrt(1 / 12) / (description.preprocessing.std[0] ?? 1);
  const shapes = new Map<string, readonly number[]>();
  for (const layer of networkGraph(description)) {
    const [shape = [], other = []] = layer.inputs.map((name) => shapes.get(name) ?? []);
    const channels = shape.at(-1) ?? 0;
    const slid = (kernel: number, stride: number) =>
      shape.slice(0, 2).map((length) => Math.floor((length - kernel) / stride) + 1);
    switch (layer.type) {
      case 'InputLayer':
        shapes.set(layer.name, layer.outputShape);
        continue;
      case 'ZeroPadding2D':
        shapes.set(layer.name, [...shape.slice(0, 2).map((n) => n + 2 * layer.padding), channels]);
        continue;
      case 'MaxPooling2D':
        shapes.set(layer.name, [...slid(layer.size, layer.stride), channels]);
        continue;
      case 'GlobalAveragePooling2D':
        shapes.set(layer.name, [channels]);
        continue;
      case 'Flatten':
        shapes.set(layer.name, [shape.reduce((product, length) => product * length, 1)]);
        continue;
      case 'Conv2D': {
        const { filters, kernel, stride, groups, padding, tensors: module } = layer;
        const gain = channels === 3 ? 1.5 / inputDeviation ** 2 : 1.5;
        const ins = channels / groups;
        draw(`${module}.weight`, [filters, ins, kernel, kernel], scaled(ins * kernel ** 2, gain));
        if (layer.bias) draw(`${module}.bias`, [filters], uniform(-0.3, 0.3));
        shapes.set(layer.name, [...(padding === 'same' ? shape.slice(0, 2) : slid(kernel, stride)), filters]);
        continue;
      }
      case 'Dense': {
        draw(`${layer.tensors}.weight`, [layer.units, channels], scaled(channels, 2));
        draw(`${layer.tensors}.bias`, [layer.units], uniform(-0.2, 0.2));
        shapes.set(layer.name, [layer.units]);
        continue;
      }
      case 'BatchNormalization':
        draw(`${layer.tensors}.weight`, [channels], uniform(0.4, 1));
        draw(`${layer.tensors}.bias`, [channels], uniform(-0.3, 0.3));
        draw(`${layer.tensors}.running_mean`, [channels], uniform(-0.3, 0.3));
        draw(`${layer.tensors}.running_var`, [channels], uniform(0.5, 1.5));
        break;
      case 'Add':
        if (other.join() !== shape.join()) throw new Error(`${layer.name} adds [${shape}] and [${other}].`);
    }
    shapes.set(layer.name, shape);
  }
  return { description, tensors };
}

/**
 * Leaves a model where test/peers/drawn.py reads it: `model.json` (description, layers, tensors by name and shape) and
 * `tensors.bin` (their float32 one after another).
 */
export function leaveForPeer(folder: string, { description, tensors }: ModelFile): void {
  const entries = Object.entries(tensors);
  const shapes = entries.map(([name, { shape }]) => ({ name, shape }));
  const layers = networkGraph(description);
  writeFileSync(join(folder, 'model.json'), JSON.stringify({ description, layers, tensors: shapes }));
  writeFileSync(
    join(folder, 'tensors.bin'),
    Buffer.concat(entries.map(([, { data }]) => Buffer.from(data.buffer, data.byteOffset, data.byteLength))),
  );
}
