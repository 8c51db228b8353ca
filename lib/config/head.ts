import { closest } from '../validate.ts';
import { UsageError } from './validate.ts';

/** One layer of a head as the command line writes it. */
export type HeadStep =
  | { kind: 'globalAveragePooling' }
  | { kind: 'flatten' }
  | { kind: 'dense'; units: number; activation: 'linear' | 'relu' | 'softmax' }
  | { kind: 'dropout'; rate: number }
  | { kind: 'batchNormalization' };

const names: Record<string, HeadStep['kind']> = {
  gap: 'globalAveragePooling',
  globalAveragePooling: 'globalAveragePooling',
  flatten: 'flatten',
  dense: 'dense',
  dropout: 'dropout',
  bn: 'batchNormalization',
  batchNormalization: 'batchNormalization',
};

/**
 * Reads a head: `linear`, or layers such as `flatten,dense:256:relu,dropout:0.5,dense`. A last bare `dense`
 * gets `classes` units.
 * @throws UsageError ERR_INVALID_ARGUMENT, naming the layer
 */
export function parseHead(text: string, classes: number): HeadStep[] {
  if (text === 'linear') {
    return [{ kind: 'globalAveragePooling' }, { kind: 'dense', units: classes, activation: 'linear' }];
  }
  const words = text.split(',').map((word) => word.trim());
  const steps = words.map((word, i) => parseStep(word, i === words.length - 1 ? classes : undefined));
  const last = steps.at(-1);
  if (last?.kind !== 'dense' || last.units !== classes) {
    throw problem(text, `its last layer must be dense with one unit a class (${classes})`);
  }
  return steps;
}

function parseStep(word: string, units: number | undefined): HeadStep {
  const [name = '', ...rest] = word.split(':');
  const kind = Object.hasOwn(names, name) ? names[name] : undefined;
  if (kind === undefined) {
    const nearest = closest(name, Object.keys(names));
    throw problem(
      word,
      nearest ? `did you mean ${nearest}?` : `the layers are ${Object.keys(names).join(', ')}`,
    );
  }
  if (kind === 'dense') return dense(word, rest, units);
  if (kind === 'dropout') {
    const rate = Number(rest[0] ?? 0.5);
    if (rest.length > 1 || rest[0] === '' || !(rate >= 0 && rate < 1))
      throw problem(word, 'a rate from 0 to less than 1 is wanted');
    return { kind, rate };
  }
  if (rest.length > 0) throw problem(word, `${name} takes no value`);
  return { kind };
}

function dense(
  word: string,
  [count, activation = 'linear', ...more]: string[],
  classes: number | undefined,
): HeadStep {
  const units = count === undefined ? classes : Number(count);
  if (units === undefined) throw problem(word, 'only the last dense may leave out its number of units');
  if (!Number.isSafeInteger(units) || units < 1) throw problem(word, 'a positive number of units is wanted');
  if (more.length > 0 || (activation !== 'linear' && activation !== 'relu' && activation !== 'softmax')) {
    throw problem(word, 'the activations are linear, relu and softmax');
  }
  return { kind: 'dense', units, activation };
}

function problem(what: string, why: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `The head's '${what}' is not understood: ${why.replace(/[.?]$/, '')}${why.endsWith('?') ? '?' : '.'}`,
  );
}
