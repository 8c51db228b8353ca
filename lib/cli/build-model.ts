import { parseHead } from '../config/head.ts';
import type { TrainConfig } from '../config/resolve.ts';
import { parseSchedule, parseUnfreeze } from '../config/rules.ts';
import { ThawError } from '../errors.ts';
import type { LoadOptions } from '../model/load.ts';
import { adam, adamw, type Optimizer, sgd } from '../model/optimizers.ts';
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
      optimizer: optimizer(config),
      loss: config.loss,
      labelSmoothing: config.labelSmoothing,
      metrics: ['accuracy'],
      schedule: parseSchedule(config.schedule),
    });
  } catch (error) {
    model.dispose();
    throw error;
  }
  return model;
}

function optimizer({ optimizer: kind, learningRate, weightDecay, momentum }: TrainConfig): Optimizer {
  if (kind === 'sgd') return sgd({ learningRate, weightDecay, momentum });
  return kind === 'adamw' ? adamw({ learningRate, weightDecay }) : adam({ learningRate, weightDecay });
}

/** ImageNet's weights could not be brought here, in contrast to a file that is there and wrong. */
export function weightsAreOutOfReach(error: unknown): error is ThawError {
  return error instanceof ThawError && ['ERR_WEIGHTS_FETCH', 'ERR_WEIGHTS_CHECKSUM'].includes(error.code);
}
