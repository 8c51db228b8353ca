import { ThawError } from '../errors.ts';
import type { LoadOptions } from '../model/load.ts';
import { compile } from '../options/compile.ts';
import { make } from '../options/family.ts';
import { load } from '../options/load.ts';
import { optimizers } from '../options/optimizers.ts';
import { flagged, pick } from '../options/table.ts';
import type { TrainConfig } from '../options/train.ts';
import { parseHead, parseSchedule, parseUnfreeze } from '../options/words.ts';
import type { CommandApi, CommandModel } from './api.ts';

/** Loads the network and gives it its head, its freeze plan, its optimizer and its loss. */
export async function buildModel(
  api: CommandApi,
  config: TrainConfig,
  classes: readonly string[],
  options: Pick<LoadOptions, 'onProgress' | 'signal'>,
): Promise<CommandModel> {
  const head = parseHead(config.head, classes.length);
  const model = await api.load(config.architecture, {
    ...options,
    weights: config.weights === 'none' ? null : config.weights,
    ...pick(flagged(load), config),
    includeTop: false,
    inputShape: [config.inputSize, config.inputSize, 3],
    seed: config.seed,
  });
  try {
    model.replaceHead(head, { classes, seed: config.seed });
    model.freeze();
    const rule = parseUnfreeze(config.unfreeze);
    if (rule === 'all') model.unfreeze();
    else if (rule !== 'none') model.unfreeze('last' in rule ? rule : rule.names);
    model.compile({
      ...pick(flagged(compile), config),
      optimizer: make(optimizers, config.optimizer, pick(optimizers[config.optimizer].options, config)),
      metrics: ['accuracy'],
      schedule: parseSchedule(config.schedule),
    });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** ImageNet's weights could not be brought here, in contrast to a file that is there and wrong. */
export function weightsAreOutOfReach(error: unknown): error is ThawError {
  return error instanceof ThawError && ['ERR_WEIGHTS_FETCH', 'ERR_WEIGHTS_CHECKSUM'].includes(error.code);
}
