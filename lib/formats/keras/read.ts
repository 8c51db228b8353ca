import { setImmediate } from 'node:timers/promises';
import type { ModelDescription } from '../../network/description.ts';
import { networkGraph } from '../graph.ts';
import { fromKeras, graphVariables, tensorShape } from '../layers/variables.ts';
import type { ModelFile, NamedTensor } from '../model-file.ts';
import { damaged, otherNetwork } from '../refuse.ts';
import { readTopology } from '../topology/read.ts';
import { recognise } from '../topology/recognise.ts';
import { readArchive } from './archive.ts';
import { toldFromCurrent, variablesAt } from './current-weights.ts';
import { Hdf5File } from './hdf5-file.ts';
import { isZip } from './is-keras.ts';
import { type LegacyLayer, legacyLayers } from './legacy-layout.ts';
import { toldFromLegacy } from './legacy-weights.ts';
import { withWeights } from './open-weights.ts';
import { ownDescription, toldByItself } from './own-description.ts';
import type { Told } from './weights-only.ts';

/**
 * Reads a file of Keras: a whole model (`.keras`, `.h5`) or weights alone (`.weights.h5`, and the older `.h5` with
 * `layer_names`), of ResNet50, ResNet101 or ResNet152 of `keras.applications` or of torchvision's variant as
 * `writeKeras` writes it, alone or nested in a model with a head. float16 and float64 become float32.
 *
 * A config decides architecture, head and input size: it is compared with every network layer by layer. Weights alone
 * tell by names and shapes. What they do not hold is taken from Keras' transfer-learning recipe: hidden dense layers
 * are relu, the last one softmax, batch normalizations have Keras' defaults, dropouts are left out, and the input is
 * square, 224 x 224 where a pooled head leaves it open. (Files that `writeKeras` wrote say it all themselves.)
 *
 * @throws ThawError ERR_WEIGHTS_FORMAT for a damaged or hostile file, ERR_WEIGHTS_MISMATCH for another network (the
 *   sentence names what was unexpected), ERR_WEIGHTS_NOT_FOUND, ERR_IO
 */
export async function readKeras(path: string): Promise<ModelFile> {
  let bytes: Uint8Array = await withWeights(path, (opened) => opened.readFile());
  let config: string | undefined;
  if (isZip(bytes)) {
    const archive = readArchive(bytes, path);
    config = archive.config;
    bytes = archive.weights;
  }
  const file = await Hdf5File.open(bytes, path);
  try {
    const { description, arrays } = tell(file, config ?? file.strings('/', 'model_config')?.[0]);
    return { description, tensors: await readTensors(file, description, arrays) };
  } finally {
    file.close();
  }
}

/** Which network the file holds, and where its arrays are. */
function tell(file: Hdf5File, config: string | undefined): Told {
  const own = ownDescription(file);
  const whole = file.kind('/model_weights') === 'group';
  if (config === undefined) {
    if (file.kind('/layers') === 'group') return own ? toldByItself(file, own) : toldFromCurrent(file);
    return toldFromLegacy(file, legacyLayers(file, whole ? '/model_weights' : '/'));
  }
  const topology = readTopology(parsed(config, file.origin), file.origin);
  const { description, graph, layers } = recognise(topology, file.origin);
  const stored = whole ? byName(file, legacyLayers(file, '/model_weights')) : undefined;
  const arrays = new Map<string, string[]>();
  for (const [name, variables] of graphVariables(graph)) {
    const found = layers.get(name);
    if (variables.length === 0 || !found) continue;
    const legacy = stored?.get(found.name)?.variables;
    const paths = legacy
      ? variables.flatMap(({ name }) => legacy.get(name) ?? [])
      : variablesAt(file, `/${found.path}`);
    arrays.set(name, paths);
  }
  return { description: completed(description, own), arrays };
}

function byName(file: Hdf5File, layers: readonly LegacyLayer[]): Map<string, LegacyLayer> {
  const map = new Map<string, LegacyLayer>();
  for (const layer of layers) {
    if (map.has(layer.name)) throw file.refuse(`it holds the layer ${layer.name} twice`);
    map.set(layer.name, layer);
  }
  return map;
}

/** Class names and preprocessing, of which a config knows nothing, where the network is still the one of which they are. */
function completed(told: ModelDescription, own: ModelDescription | undefined): ModelDescription {
  const { architecture, variant, preprocessing } = told;
  if (own?.architecture !== architecture || own.variant !== variant) return told;
  const { height, width } = own.preprocessing;
  const same = height === preprocessing.height && width === preprocessing.width;
  return { ...told, classes: own.classes, preprocessing: same ? own.preprocessing : preprocessing };
}

/** Every array's shape is compared before the first is read, so that no more is read than the network holds. */
async function readTensors(
  file: Hdf5File,
  description: ModelDescription,
  arrays: ReadonlyMap<string, readonly string[]>,
): Promise<Record<string, NamedTensor>> {
  const wanted = [...graphVariables(networkGraph(description))].flatMap(([layer, variables]) => {
    const paths = arrays.get(layer) ?? [];
    if (paths.length !== variables.length) {
      throw otherNetwork(
        file.origin,
        `${layer} has ${paths.length} arrays where ${variables.length} are expected`,
      );
    }
    return variables.map((variable, index) => {
      const stored = file.array(paths[index] ?? '');
      if (stored.shape.join() !== variable.shape.join()) {
        throw otherNetwork(
          file.origin,
          `${stored.path} has the shape [${stored.shape}] where [${variable.shape}] is expected`,
        );
      }
      return { variable, stored };
    });
  });
  const tensors: Record<string, NamedTensor> = {};
  for (const { variable, stored } of wanted) {
    const data = fromKeras(variable, file.numbers(stored));
    tensors[variable.tensor] = { data, shape: tensorShape(variable) };
    await setImmediate();
  }
  return tensors;
}

function parsed(config: string, origin: string): unknown {
  try {
    return JSON.parse(config);
  } catch (error) {
    throw damaged(origin, 'its model config is no JSON', error);
  }
}
