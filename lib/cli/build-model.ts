import { parseHead } from '../config/head.ts';
import type { TrainConfig } from '../config/resolve.ts';
import { parseSchedule, parseUnfreeze } from '../config/rules.ts';
import { ThawError } from '../errors.ts';
import type { CommandApi, CommandModel, LoadOptions } from './api.ts';

/** Loads the network and gives it its head, its freeze plan, its optimizer and its loss. */
export async function buildModel(
  api: CommandApi,
  config: TrainConfig,
  classes: readonly string[],
  options: Pick<LoadOptions, 'onProgress' | 'signal'>,
): Promise<CommandModel> {
  const head = api.head(parseHead(config.head, classes.length));
  const model = await api.load(config.architecture, {
    ...options,
    weights: config.weights === 'none' ? null : config.weights,
    device: config.device,
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
      optimizer: api.optimizer(config.optimizer, config),
      loss: config.loss,
      labelSmoothing: config.labelSmoothing,
      metrics: ['accuracy'],
      schedule: api.schedule(parseSchedule(config.schedule)),
    });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

/** ImageNet's weights could not be brought here, in contrast to a file that is there and wrong. */
export function weightsAreOutOfReach(error: unknown): error is ThawError {
  return (
    error instanceof ThawError && /^ERR_(DOWNLOAD|WEIGHTS_(NOT_FOUND|UNAVAILABLE|DOWNLOAD))/.test(error.code)
  );
}
