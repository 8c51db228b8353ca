import { join } from 'node:path';
import { quickCheck } from '../check/check.ts';
import { sentences } from '../check/sentences.ts';
import { resolveConfig } from '../config/resolve.ts';
import type { LabelledImages } from '../data/labelled-images.ts';
import { loadImages } from '../data/load-images.ts';
import { demoImages } from '../demo/demo-set.ts';
import { type ErrorCode, ThawError } from '../errors.ts';
import { cacheFolder } from '../files/cache.ts';
import { type DownloadProgress, describeProgress, ProgressLine } from '../files/progress.ts';
import { type TrainValues, trainFlags } from '../options/train.ts';
import { commandHere } from '../system/command-here.ts';
import type { CommandApi } from './api.ts';
import { type BuiltModel, buildModel, weightsAreOutOfReach } from './build-model.ts';
import { plural } from './common.ts';
import { type Command, type CommandContext, exitCodes, interruptedCode, silence } from './context.ts';
import { writeEvent } from './output.ts';
import { RunFolder } from './run-folder.ts';
import { trainAndSave } from './train-and-save.ts';
import { presetFor, readTrainRequest, type TrainRequest } from './train-request.ts';

export const trainCommand: Command = {
  name: 'train',
  summary: 'Fine-tune a network on labelled images.',
  options: trainFlags,
  notes: 'Without --data it trains on a small set of images that it draws itself.',
  run: train,
};

async function train(args: readonly string[], context: CommandContext): Promise<number> {
  const request = await readTrainRequest(args, context.cwd);
  try {
    const folder = new RunFolder(request.out);
    try {
      return await trainIn(folder, request, context);
    } finally {
      folder.leave();
    }
  } catch (error) {
    if (request.json && error instanceof ThawError) {
      writeEvent(context.stdout, { event: 'error', code: error.code, message: error.message });
    }
    throw error;
  }
}

async function trainIn(folder: RunFolder, request: TrainRequest, context: CommandContext): Promise<number> {
  const note = (text: string) => void (request.quiet || context.stderr.write(`${text}\n`));
  let began = false;
  try {
    if (folder.takenOver) note(folder.takenOver);
    if (request.nothingToResume)
      note(`There is no run to resume in ${request.outAsGiven}: a new one begins.`);
    const goesOn = request.resume && folder.hasCheckpoint;
    if (request.resume && !goesOn)
      note(`There is no checkpoint in ${request.outAsGiven}: its run begins anew, with its options.`);
    const api = await context.api();
    const found = await lookedOver(await images(request, api, context, note), api);
    for (const sentence of found.notes) note(sentence);
    note(described(found));
    const {
      model,
      config: built,
      classes,
      notes,
    } = await modelFor(
      suited(request, found, note),
      api,
      found,
      context,
      note,
      goesOn ? folder.file('checkpoint') : undefined,
    );
    try {
      for (const text of notes) note(text);
      const data = inOrder(found, classes);
      // The weights of the run that is put aside have been read by now.
      const aside = goesOn ? undefined : folder.putAside(built.weights);
      if (aside) note(`${request.outAsGiven} held another run: its files are now in ${aside.folder}.`);
      const config = { ...built, weights: aside?.weights ?? built.weights };
      if (!goesOn) await folder.writeConfig(config);
      began = true;
      await trainAndSave({ model, data, config, request, folder, context });
    } finally {
      model.dispose();
    }
    return exitCodes.done;
  } catch (error) {
    if (context.signal.aborted) return interrupted(request, folder, began, context);
    throw began && folder.hasCheckpoint ? withWayOn(error, request) : error;
  }
}

/** What fails for a reason outside of the run, which may go on from its checkpoint once that is gone. */
const passing: ReadonlySet<ErrorCode> = new Set([
  'ERR_DISK_FULL',
  'ERR_WRITE_FAILED',
  'ERR_IO',
  'ERR_OUT_OF_MEMORY',
  'ERR_NO_THREAD',
]);

function withWayOn(error: unknown, request: TrainRequest): unknown {
  if (!(error instanceof ThawError) || !passing.has(error.code)) return error;
  return new ThawError(error.code, `${error.message} The checkpoint is kept; go on with: ${wayOn(request)}`, {
    cause: error,
  });
}

function wayOn({ outAsGiven }: TrainRequest): string {
  return commandHere(`train --resume --out ${quoted(outAsGiven)}`);
}

/** With what can be told of the images before they are decoded. */
async function lookedOver(images: LabelledImages, { digests }: CommandApi): Promise<LabelledImages> {
  const found = await quickCheck(images, digests);
  return {
    ...images,
    notes: [...images.notes, ...sentences(found)],
    findings: [...images.findings, ...found],
  };
}

/** The images with their classes in the order of the model's outputs. */
function inOrder(images: LabelledImages, classes: readonly string[]): LabelledImages {
  const { train, validation, test } = images;
  return {
    ...images,
    classes,
    train: train.withClasses(classes),
    ...(validation && { validation: validation.withClasses(classes) }),
    ...(test && { test: test.withClasses(classes) }),
  };
}

/** Images with several labels each are no business of a categorical loss: unless one is asked for. */
function suited(
  request: TrainRequest,
  { train }: LabelledImages,
  note: (text: string) => void,
): TrainRequest {
  if (train.kind !== 'multiLabel' || request.given.loss !== undefined) return request;
  note('images have several labels: a sigmoid unit for each, and binary cross-entropy');
  return { ...request, config: { ...request.config, loss: 'binaryCrossentropy' } };
}

async function images(
  { config }: TrainRequest,
  api: CommandApi,
  context: CommandContext,
  note: (text: string) => void,
): Promise<LabelledImages> {
  const { data, val, validationSplit, seed, groupBy, root, pathColumn, labelColumn } = config;
  const options = {
    ...(val === undefined ? { validationSplit } : { validation: val }),
    seed,
  };
  if (data !== undefined) return loadImages(data, { ...options, groupBy, root, pathColumn, labelColumn });
  const directory = join(cacheFolder(context.env), 'demo');
  note(`No --data is given: training on a small set of drawn images in ${directory}.`);
  const drawn = await demoImages(directory, api.writeImage, context.signal);
  return loadImages(drawn, options);
}

/**
 * In the demonstration alone, and unless weights were asked for by name, random weights stand in for ImageNet's
 * where those cannot be had.
 */
async function modelFor(
  request: TrainRequest,
  api: CommandApi,
  { classes, train }: LabelledImages,
  context: CommandContext,
  note: (text: string) => void,
  from: string | undefined,
): Promise<BuiltModel> {
  const { config, given } = request;
  const multiLabel = train.kind === 'multiLabel';
  const line = new ProgressLine(request.quiet ? silence : context.stderr);
  const options = {
    from,
    signal: context.signal,
    onProgress: (progress: DownloadProgress) => line.draw(describeProgress('ImageNet weights', progress)),
  };
  const mayBeRandom = config.data === undefined && given.weights === undefined;
  try {
    const built = await buildModel(api, config, classes, multiLabel, options);
    line.clear();
    return built;
  } catch (error) {
    line.clear();
    if (!mayBeRandom || !weightsAreOutOfReach(error) || context.signal.aborted) throw error;
    note(
      `This demonstration goes on with random weights, as ImageNet's are out of reach: ${firstSentence(error)}`,
    );
    const fallback: TrainValues = { ...given, weights: 'none' };
    return buildModel(api, resolveConfig([fallback], presetFor(fallback)), classes, multiLabel, options);
  }
}

/** The rest says how to bring the weights by hand: too much for a demonstration. */
function firstSentence({ message }: Error): string {
  return /^.*?\.(?= [A-Z]|$)/.exec(message)?.[0] ?? message;
}

function described({ train, validation, test, classes }: LabelledImages): string {
  const held = validation ? `, ${validation.size.toLocaleString('en-US')} for validation` : '';
  const kept = test
    ? `, ${test.size.toLocaleString('en-US')} to test on (left alone here: thaw evaluate --split test)`
    : '';
  return `${plural(train.size, 'training image')}${held}${kept}, ${plural(classes.length, 'class', 'classes')}`;
}

function interrupted(
  request: TrainRequest,
  folder: RunFolder,
  began: boolean,
  { stdout, stderr, signal }: CommandContext,
): number {
  const resumable = began && folder.hasCheckpoint;
  const command = wayOn(request);
  stderr.write(
    resumable
      ? `thaw: interrupted; the checkpoint is saved, go on with: ${command}\n`
      : 'thaw: interrupted before training began.\n',
  );
  if (request.json) {
    writeEvent(stdout, { event: 'interrupted', out: request.out, resume: resumable ? command : null });
  }
  return interruptedCode(signal);
}

function quoted(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
