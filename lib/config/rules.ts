import { constant, cosine, type Schedule, step } from '../model/schedules.ts';
import { UsageError } from './validate.ts';

/**
 * Reads `constant`, `cosine` or `step:EVERY:GAMMA`, each with `:warmup=EPOCHS` where wanted.
 * @throws UsageError ERR_INVALID_ARGUMENT
 */
export function parseSchedule(text: string): Schedule {
  const [kind, ...rest] = text.split(':');
  const warmup = rest.find((word) => word.startsWith('warmup='));
  const values = rest.filter((word) => word !== warmup).map(asNumber);
  const warmupEpochs = warmup === undefined ? 0 : asNumber(warmup.slice('warmup='.length));
  if (!(warmupEpochs >= 0 && warmupEpochs < Number.POSITIVE_INFINITY)) throw badSchedule(text);
  if (kind === 'constant' && values.length === 0) return constant({ warmupEpochs });
  if (kind === 'cosine' && values.length === 0) return cosine({ warmupEpochs });
  const [every = Number.NaN, gamma = 0.1] = values;
  if (
    kind === 'step' &&
    values.length <= 2 &&
    Number.isSafeInteger(every) &&
    every > 0 &&
    gamma > 0 &&
    gamma <= 1
  ) {
    return step({ every, gamma, warmupEpochs });
  }
  throw badSchedule(text);
}

function badSchedule(text: string): UsageError {
  return new UsageError(
    'ERR_INVALID_ARGUMENT',
    `The schedule '${text}' is not understood; write constant, cosine or step:EVERY:GAMMA, each with :warmup=EPOCHS where wanted.`,
  );
}

/** Which layers of the backbone to train: nothing, everything, the last so many, or these names. */
export type UnfreezeRule = 'none' | 'all' | { last: number } | { names: string[] };

/**
 * Reads `none`, `all`, `last:N` or layer names with commas between them.
 * @throws UsageError ERR_INVALID_ARGUMENT
 */
export function parseUnfreeze(text: string): UnfreezeRule {
  if (text === 'none' || text === 'all') return text;
  if (text.startsWith('last:')) {
    const last = asNumber(text.slice('last:'.length));
    if (Number.isSafeInteger(last) && last > 0) return { last };
    throw new UsageError('ERR_INVALID_ARGUMENT', `Expected a positive number of layers in '${text}'.`);
  }
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) {
    throw new UsageError('ERR_INVALID_ARGUMENT', `A layer name is missing in '${text}'.`);
  }
  return { names };
}

/**
 * Reads `none`, `auto` or `NAME:X,...` (a weight for each class named, 1 for the others).
 * @throws UsageError ERR_INVALID_ARGUMENT
 */
export function parseClassWeights(text: string): 'auto' | Record<string, number> | undefined {
  if (text === 'none') return undefined;
  if (text === 'auto') return text;
  const weights: Record<string, number> = {};
  for (const pair of text.split(',')) {
    const colon = pair.lastIndexOf(':');
    const weight = colon < 1 ? Number.NaN : asNumber(pair.slice(colon + 1));
    if (!(weight >= 0)) {
      throw new UsageError(
        'ERR_INVALID_ARGUMENT',
        `The class weight '${pair}' is not understood; write none, auto, or NAME:X with commas between.`,
      );
    }
    weights[pair.slice(0, colon).trim()] = weight;
  }
  return weights;
}

function asNumber(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
