import { resolve } from 'node:path';
import { type Device, load } from '../options/load.ts';
import { flagged, pick } from '../options/table.ts';
import type { CommandModel } from './api.ts';
import type { CommandContext } from './context.ts';

/** Loads a saved model for the length of `work`, and lets go of its memory afterwards. */
export async function withModel<T>(
  values: { model: string; device?: Device | undefined },
  context: CommandContext,
  work: (model: CommandModel) => Promise<T>,
): Promise<T> {
  const api = await context.api();
  const model = await api.load(undefined, {
    weights: resolve(context.cwd, values.model),
    ...pick(flagged(load), values),
    signal: context.signal,
  });
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
