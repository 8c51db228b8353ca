import { isWeightsName } from '../config/file.ts';
import { ThawError } from '../errors.ts';
import type { LoadOptions } from '../model/load.ts';
import { unusable } from '../options/arguments.ts';
import { compile } from '../options/compile.ts';
import { make } from '../options/family.ts';
import { load } from '../options/load.ts';
import { optimizers } from '../options/optimizers.ts';
import { flagged, pick } from '../options/table.ts';
import type { TrainConfig } from '../options/train.ts';
import { parseHead, parseSchedule, parseUnfreeze } from '../options/words.ts';
import type { CommandApi, CommandModel } from './api.ts';
import { planHead } from './head.ts';

export interface BuiltModel {
  model: CommandModel;
  /** With what the weights have decided: head, architecture, input size. */
  config: TrainConfig;
  /** In the order of the outputs, which may be another one than that of the data. */
  classes: readonly string[];
  /** For people. */
  notes: string[];
}

/**
 * Loads the network and gives it its head, its freeze plan, its optimizer and its loss.
 * @param classes of the data
 * @param options.from the checkpoints of a run that is gone on with, in place of the weights that it began with
 * @param multiLabel whether an image may have several of them
 */
export async function buildModel(
  api: CommandApi,
  config: TrainConfig,
  classes: readonly string[],
  multiLabel: boolean,
  { from, ...options }: Pick<LoadOptions, 'onProgress' | 'signal'> & { from?: string | undefined },
): Promise<BuiltModel> {
  const { weights, head: asked, inputSize, seed } = config;
  const file = from ?? (isWeightsName(weights) ? undefined : weights);
  const keeps = asked === undefined || asked === 'keep';
  if (asked === 'keep' && file === undefined)
    throw unusable(`--head keep keeps the head of a file: --weights ${weights} brings none.`);
  if (!keeps) parseHead(asked, classes.length); // refused before anything is loaded
  const model = await api.load(config.architecture ?? (file === undefined ? 'resnet50' : undefined), {
    ...options,
    weights: from ?? (weights === 'none' ? null : weights),
    ...pick(flagged(load), config),
    includeTop: file !== undefined && keeps ? 'auto' : false,
    ...(inputSize !== undefined && { inputShape: [inputSize, inputSize, 3] as const }),
    seed,
  });
  try {
    const plan =
      file === undefined
        ? { head: asked ?? 'linear', classes, note: undefined }
        : planHead(asked, file, model, classes);
    if (plan.head !== 'keep') {
      const head = parseHead(plan.head, classes.length, multiLabel ? 'sigmoid' : 'linear');
      model.replaceHead(head, { classes, seed });
    }
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
    const [height, width] = model.inputShape;
    const notes = [
      ...(plan.note === undefined || from !== undefined ? [] : [plan.note]),
      ...(weights === 'none' && rule === 'none'
        ? [
            'warning: the head learns from random features, as all else is random and frozen (--unfreeze all trains it)',
          ]
        : []),
    ];
    return {
      model,
      config: {
        ...config,
        head: plan.head,
        architecture: model.architecture,
        ...(height === width && { inputSize: height }),
      },
      classes: plan.classes,
      notes,
    };
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** ImageNet's weights could not be brought here, in contrast to a file that is there and wrong. */
export function weightsAreOutOfReach(error: unknown): error is ThawError {
  return error instanceof ThawError && ['ERR_WEIGHTS_FETCH', 'ERR_WEIGHTS_CHECKSUM'].includes(error.code);
}
