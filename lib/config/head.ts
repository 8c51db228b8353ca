import {
  type Activation,
  batchNormalization,
  dense,
  dropout,
  flatten,
  globalAveragePooling,
  type HeadLayer,
  linearHead,
} from '../network/head.ts';
import { closest } from '../validate.ts';
import { UsageError } from './validate.ts';

const kinds: Record<string, HeadLayer['kind']> = {
  gap: 'globalAveragePooling',
  globalAveragePooling: 'globalAveragePooling',
  flatten: 'flatten',
  dense: 'dense',
  dropout: 'dropout',
  bn: 'batchNormalization',
  batchNormalization: 'batchNormalization',
};
const activations: readonly string[] = ['linear', 'relu', 'softmax', 'sigmoid'] satisfies Activation[];

/**
 * Reads a head: `linear`, or layers such as `flatten,dense:256:relu,dropout:0.5,dense`. A last bare `dense`
 * gets `classes` units.
 * @throws UsageError ERR_INVALID_ARGUMENT, naming the layer
 */
export function parseHead(text: string, classes: number): HeadLayer[] {
  if (text === 'linear') return linearHead(classes);
  const words = text.split(',').map((word) => word.trim());
  const layers = words.map((word, i) => parseLayer(word, i === words.length - 1 ? classes : undefined));
  const units = layers.at(-1)?.units;
  if (units !== classes && !(units === 1 && classes === 2)) {
    throw problem(text, `its last layer must be dense with one unit a class (${classes}).`);
  }
  return layers;
}

function parseLayer(word: string, classes: number | undefined): HeadLayer {
  const [name = '', ...rest] = word.split(':');
  const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (kind === 'dense') return parseDense(word, rest, classes);
  if (kind === 'dropout') return parseDropout(word, rest);
  if (kind === undefined) {
    const names = Object.keys(kinds);
    const nearest = closest(name, names);
    throw problem(word, nearest ? `did you mean ${nearest}?` : `the layers are ${names.join(', ')}.`);
  }
  if (rest.length > 0) throw problem(word, `${name} takes no value.`);
  if (kind === 'flatten') return flatten();
  return kind === 'globalAveragePooling' ? globalAveragePooling() : batchNormalization();
}

function parseDropout(word: string, [text = '0.5', ...more]: readonly string[]): HeadLayer {
  const rate = text === '' ? Number.NaN : Number(text);
  if (more.length > 0 || !(rate >= 0 && rate < 1))
    throw problem(word, 'a rate from 0 to less than 1 is wanted.');
  return dropout(rate);
}

function parseDense(
  word: string,
  [count, activation = 'linear', ...more]: readonly string[],
  classes: number | undefined,
): HeadLayer {
  const units = count === undefined ? classes : Number(count);
  if (units === undefined) throw problem(word, 'only the last dense may leave out its number of units.');
  if (!Number.isSafeInteger(units) || units < 1) throw problem(word, 'a positive number of units is wanted.');
  if (more.length > 0 || !activations.includes(activation)) {
    throw problem(word, `the activations are ${activations.join(', ')}.`);
  }
  return dense(units, { activation: activation as Activation });
}

function problem(what: string, why: string): UsageError {
  return new UsageError('ERR_INVALID_ARGUMENT', `The head's '${what}' is not understood: ${why}`);
}
