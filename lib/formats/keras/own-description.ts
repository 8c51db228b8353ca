import { type ModelDescription, readDescription } from '../../network/description.ts';
import { preprocessingFor } from '../../network/preprocessing.ts';
import { networkGraph } from '../graph.ts';
import { checkedHeadLayer } from '../layers/head-layer.ts';
import { variablesAt } from './current-weights.ts';
import type { Hdf5File } from './hdf5-file.ts';
import { containerNames } from './names.ts';
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
    const sizes = [resize, height, width].every((size) => size >= 1 && size <= LARGEST);
    const names = classes.every((name) => typeof name === 'string');
    const head = own.head.map((layer) => checkedHeadLayer({ ...layer }));
    if (numbers && sizes && names) return { architecture, variant, head, classes, preprocessing };
  } catch {
    // Refused below.
  }
  throw file.refuse('what it says of its model is damaged');
}

const LARGEST = 16_384;

/** Where `writeKeras` puts the arrays of a file of weights alone. */
export function toldByItself(file: Hdf5File, description: ModelDescription): Told {
  const graph = networkGraph(description);
  const places = containerNames(graph.map(({ type }) => type));
  const arrays = new Map(
    graph.map(({ name }, index) => [name, variablesAt(file, `/layers/${places[index]}`)]),
  );
  return { description, arrays };
}
