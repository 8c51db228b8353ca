import { resolve } from 'node:path';
import { type CheckParts, check, NEIGHBOURS } from '../check/check.ts';
import { loadImages } from '../data/load-images.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { describeProgress, ProgressLine } from '../files/progress.ts';
import { parseArguments, unusable } from '../options/arguments.ts';
import { checkDataFlags } from '../options/commands.ts';
import { reading } from '../options/run.ts';
import { flagged, pick, type Values } from '../options/table.ts';
import { checkPage } from '../report/check-page.ts';
import { version } from '../version.ts';
import type { CommandApi, CommandModel } from './api.ts';
import { weightsAreOutOfReach } from './build-model.ts';
import { checkText } from './check-text.ts';
import { type Command, type CommandContext, exitCodes } from './context.ts';
import { writeJsonLine } from './output.ts';

export const checkDataCommand: Command = {
  name: 'check-data',
  summary: 'Look over labelled images before training.',
  operands: 'DATA',
  options: checkDataFlags,
  notes:
    'DATA is what thaw train takes as --data, and is divided in the same way. The exit code is 0 whatever is found.',
  run: checkData,
};

async function checkData(args: readonly string[], context: CommandContext): Promise<number> {
  const { values, positionals } = parseArguments(args, checkDataFlags, 'check-data');
  const [place, ...more] = positionals;
  if (place === undefined || more.length > 0)
    throw unusable('thaw check-data needs one DATA: a folder or a listing.');
  const { val, validationSplit, seed, groupBy, root, pathColumn, labelColumn } = values;
  const at = (path: string) => resolve(context.cwd, path);
  const data = await loadImages(at(place), {
    ...(val === undefined
      ? { validationSplit: validationSplit ?? checkDataFlags.validationSplit.default }
      : { validation: at(val) }),
    seed: seed ?? checkDataFlags.seed.default,
    groupBy,
    root: root === undefined ? root : at(root),
    pathColumn,
    labelColumn,
  });
  const api = await context.api();
  const model = await network(api, values, context);
  const { near = checkDataFlags.near.default, doubt = checkDataFlags.doubt.default } = values;
  try {
    const checked = await check({
      data,
      digests: api.digests,
      examine: examiner(api, model, values, context),
      near,
      doubt,
    });
    const result = { ...checked, features: model?.architecture ?? null };
    if (values.html !== undefined) {
      const page = await checkPage(result, at(place), version(), api.thumbnail);
      await writeAtomically(at(values.html), page);
    }
    if (values.json) writeJsonLine(context.stdout, result);
    else context.stdout.write(checkText(result));
    return exitCodes.done;
  } finally {
    model?.dispose();
  }
}

type CheckValues = Values<typeof checkDataFlags>;

/** The network whose features are compared; without it, and where it cannot be had, less is found, which is said. */
async function network(
  api: CommandApi,
  { weights = checkDataFlags.weights.default, device }: CheckValues,
  { stderr, signal, cwd }: CommandContext,
): Promise<CommandModel | undefined> {
  if (weights === 'none') return undefined;
  const line = new ProgressLine(stderr);
  const file = weights === 'imagenet' ? weights : resolve(cwd, weights);
  try {
    return await api.load(weights === 'imagenet' ? 'resnet50' : undefined, {
      weights: file,
      includeTop: false,
      ...(device !== undefined && { device }),
      signal,
      onProgress: (progress) => line.draw(describeProgress('ImageNet weights', progress)),
    });
  } catch (error) {
    if (!weightsAreOutOfReach(error) || signal.aborted) throw error;
    stderr.write(`Nearly the same images and suspicious labels are not looked for: ${error.message}\n`);
    return undefined;
  } finally {
    line.clear();
  }
}

function examiner(
  api: CommandApi,
  model: CommandModel | undefined,
  values: CheckValues,
  { signal }: CommandContext,
): CheckParts['examine'] {
  const options = { ...pick(flagged(reading), values), signal };
  if (!model) return (images) => api.examine(images, options);
  const { batchSize, precision } = values;
  return (images) =>
    model.examine(images, NEIGHBOURS, {
      ...options,
      ...(batchSize !== undefined && { batchSize }),
      ...(precision !== undefined && { precision }),
    });
}
