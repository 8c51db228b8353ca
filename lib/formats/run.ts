import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isCheckpoint } from '../files/checkpoints.ts';
import { native, settle } from '../native.ts';
import { readDescription } from '../network/description.ts';
import type { ReadWeights } from './read.ts';

const MODEL = 'model.safetensors';
const CHECKPOINTS = 'checkpoint';

/** Whether the folder is that of a run, finished or not, or holds checkpoints of one. */
export async function isRun(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  if (names.includes('model.json')) return false;
  return names.some((name) => name === MODEL || name === CHECKPOINTS || isCheckpoint(name));
}

/** The model that a run has left; of an unfinished one the best weights so far, or the last ones, which is said. */
export async function readRun(
  folder: string,
  readFile: (path: string) => Promise<ReadWeights>,
): Promise<ReadWeights> {
  const names = await readdir(folder);
  if (names.includes(MODEL)) return readFile(join(folder, MODEL));
  const directory = names.includes(CHECKPOINTS) ? join(folder, CHECKPOINTS) : folder;
  const { weights, best, epoch, batch, damaged } = await settle(native().readCheckpoint(directory));
  const which = best
    ? `the best weights of its checkpoint are taken, those after epoch ${epoch + 1}`
    : `the last weights of its checkpoint are taken, those ${batch > 0 ? `of epoch ${epoch + 1} after batch ${batch}` : `after epoch ${epoch}`}`;
  // Who asks for the checkpoints has them.
  const said = [
    ...(directory === folder ? [] : [`${folder} holds no finished model: ${which}.`]),
    ...damaged,
  ];
  if (said.length > 0) process.emitWarning(said.join(' '), { code: 'THAW_UNFINISHED_RUN' });
  return { weights, description: readDescription(weights.metadata, directory) };
}
