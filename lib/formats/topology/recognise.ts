import { ARCHITECTURES } from '../../network/architecture.ts';
import type { HeadLayer } from '../../network/head.ts';
import { INPUT_SIDE } from '../../options/load.ts';
import {
  type ImageSize,
  type KnownNetwork,
  knownClasses,
  knownNetworks,
  nearest,
  USUAL_SIZE,
} from '../known-networks.ts';
import { HEAD_CLASSES, headLayerOf } from '../layers/head-layer.ts';
import { named, otherNetwork, shown } from '../refuse.ts';
import { matched } from './match.ts';
import type { FileLayer, Topology } from './read.ts';

/** A network that is one of ours, without class names and with the preprocessing of its variant. */
export interface Recognised extends KnownNetwork {
  /** The file's layer that each layer of the graph is, by the latter's name. */
  layers: ReadonlyMap<string, FileLayer>;
}

/**
 * Tells which network a file's layers are and compares each with it: its class, its options, its inputs; names mean
 * nothing. What follows the network is its head. `open` is the size of the images where the file leaves it open.
 * @throws ThawError ERR_WEIGHTS_MISMATCH that names the first layer that differs
 */
export function recognise(topology: Topology, origin: string, open: ImageSize = USUAL_SIZE): Recognised {
  const { layers, output } = topology;
  const size = imageSize(layers, open, origin);
  const ours = knownClasses();
  const other = layers.find(({ type }) => !ours.has(type));
  if (other) {
    const problem = `is a ${named(other.type)}, which is not of the network and cannot stand in a head`;
    throw otherNetwork(origin, `its layer ${named(other.name)} ${problem}`);
  }
  const networks = knownNetworks(headOf(output, origin), size)
    .filter(({ graph }) => graph.length === layers.length)
    .map((network) => ({ ...network, ...matched(network.graph, output) }));
  const found = nearest(networks, ({ differences }) => differences.length);
  if (!found) throw otherNetwork(origin, `its layers are those of none of ${ARCHITECTURES.join(', ')}`);
  const { differences, ...network } = found;
  if (differences[0] !== undefined) throw otherNetwork(origin, differences[0]);
  return network;
}

/** The layers at the end that can stand in a head. */
function headOf(output: FileLayer, origin: string): HeadLayer[] {
  const head: HeadLayer[] = [];
  for (
    let layer: FileLayer | undefined = output;
    layer && HEAD_CLASSES.has(layer.type);
    [layer] = layer.inputs
  ) {
    head.unshift(headLayer(layer, origin));
  }
  return head;
}

function headLayer({ name, type, config }: FileLayer, origin: string): HeadLayer {
  try {
    return headLayerOf(type, config);
  } catch (error) {
    const problem = (error as Error).message.replace(/\.$/, '');
    throw otherNetwork(origin, `its layer ${named(name)} is out of the ordinary: ${problem}`, error);
  }
}

function imageSize(layers: readonly FileLayer[], open: ImageSize, origin: string): ImageSize {
  const inputs = layers.filter(({ type }) => type === 'InputLayer');
  if (inputs.length !== 1) throw otherNetwork(origin, `it has ${inputs.length} inputs and not one`);
  const config = inputs[0]?.config ?? {};
  const shape = config.batch_shape ?? config.batch_input_shape;
  if (!Array.isArray(shape) || shape.length !== 4 || shape[3] !== 3) {
    throw otherNetwork(origin, `its input is ${shown(shape)} and not images of three channels`);
  }
  const height = shape[1] ?? open.height;
  const width = shape[2] ?? open.width;
  const { minimum, maximum } = INPUT_SIDE;
  for (const side of [height, width]) {
    if (Number.isSafeInteger(side) && side >= minimum && side <= maximum) continue;
    throw otherNetwork(origin, `its input is ${shown(shape)}, where ${minimum} to ${maximum} pixels can be`);
  }
  return { height, width };
}
