import { resolve } from 'node:path';
import type { CommandModel } from './api.ts';
import { unusable } from './args.ts';
import type { CommandContext } from './context.ts';

/** Loads a saved model for the length of `work`, and lets go of its memory afterwards. */
export async function withModel<T>(
  values: { model?: string; device?: string },
  command: string,
  context: CommandContext,
  work: (model: CommandModel) => Promise<T>,
): Promise<T> {
  if (values.model === undefined) {
    throw unusable(`thaw ${command} needs --model FILE, a model.safetensors that thaw train has written.`);
  }
  const api = await context.api();
  const model = await api.load(undefined, {
    weights: resolve(context.cwd, values.model),
    device: values.device ?? 'auto',
    signal: context.signal,
  });
  try {
    return await work(model);
  } finally {
    model.dispose();
  }
}
