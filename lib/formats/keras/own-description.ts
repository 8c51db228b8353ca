import { type ModelDescription, readDescription } from '../../network/description.ts';
import { preprocessingFor } from '../../network/preprocessing.ts';
import { INPUT_SIDE } from '../../options/load.ts';
import { checkedHeadLayer } from '../layers/head-layer.ts';
import { type Arranged, arranged, contained, isModel } from '../topology/arrange.ts';
import { variablesAt } from './current-weights.ts';
import type { Hdf5File } from './hdf5-file.ts';
import type { Told } from './weights-only.ts';

/** What `writeKeras` left in a file of the model that it wrote; undefined in a file that Keras wrote. */
export function ownDescription(file: Hdf5File): ModelDescription | undefined {
  const [text] = file.strings('/', 'thaw') ?? [];
  const own = text === undefined ? undefined : readDescription({ thaw: text }, file.origin);
  if (!own) return undefined;
  try {
    const { architecture, variant, classes, preprocessing } = own;
    const { height, width, mean, std, resize } = preprocessing;
    preprocessingFor([height, width, 3]);
    const numbers = [mean, std].every((list) => list.length === 3 && list.every(Number.isFinite));
    const size = resize >= 1 && resize <= 2 * INPUT_SIDE.maximum;
    const names = classes.every((name) => typeof name === 'string');
    const head = own.head.map((layer) => checkedHeadLayer({ ...layer }));
    if (numbers && size && names) return { architecture, variant, head, classes, preprocessing };
  } catch {
    // Refused below.
  }
  throw file.refuse('what it says of its model is damaged');
}

/** Where `writeKeras` puts the arrays of a file of weights alone. */
export function toldByItself(file: Hdf5File, description: ModelDescription): Told {
  const layout = file.kind('/layers/functional') === 'group' ? 'nested' : 'flat';
  const arrays = new Map<string, string[]>();
  const find = (network: Arranged, path: string) => {
    for (const { layer, group } of contained(network)) {
      const place = `${path}/layers/${group}`;
      if (isModel(layer)) find(layer, place);
      else arrays.set(layer.name, variablesAt(file, place));
    }
  };
  find(arranged(description, layout), '');
  return { description, arrays };
}
