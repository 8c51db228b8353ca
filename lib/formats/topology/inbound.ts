import { named, otherNetwork } from '../refuse.ts';
import { arrayIn, type JsonObject, objectIn, stringIn } from './json.ts';

/**
 * The names of the layers from which a functional model's layer takes its inputs. Keras 2: `[[["conv1", 0, 0, {}], ...]]`.
 * Keras 3: `[{ args: [{ config: { keras_history: ["conv1", 0, 0] } }] }]`, with a list of them where a layer takes several.
 * @throws ThawError ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH
 */
export function inboundNames(layer: JsonObject, name: string, origin: string): string[] {
  const calls = arrayIn(layer.inbound_nodes ?? [], origin);
  if (calls.length > 1) throw otherNetwork(origin, `its layer ${named(name)} is used more than once`);
  const [call] = calls;
  if (call === undefined) return [];
  if (Array.isArray(call)) return call.map((input) => sourceOf(input, origin));
  const tensors = arrayIn(objectIn(call, origin).args, origin).flat();
  return tensors.map((tensor) => {
    const { keras_history } = objectIn(objectIn(tensor, origin).config, origin);
    return sourceOf(keras_history, origin);
  });
}

/** The one input or output of a model: `[["conv1", 0, 0]]`, or `["conv1", 0, 0]` of some Keras 3. @throws as above */
export function endOf(references: unknown, what: 'input' | 'output', origin: string): string {
  const list = arrayIn(references, origin);
  if (typeof list[0] === 'string') return sourceOf(list, origin);
  if (list.length === 1) return sourceOf(list[0], origin);
  throw otherNetwork(origin, `it has ${list.length} ${what}s and not one`);
}

/** The name of `["conv1", node, tensor]`; the node is counted differently by different writers. */
function sourceOf(reference: unknown, origin: string): string {
  const [source, , tensor] = arrayIn(reference, origin);
  const name = stringIn(source, origin);
  if (tensor === 0) return name;
  throw otherNetwork(origin, `its layer ${named(name)} is taken for more than one output`);
}
