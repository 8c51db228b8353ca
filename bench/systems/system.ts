import path from 'node:path';
import { ThawError } from '../../lib/errors.ts';
import { LEVELS, type Level, type Task } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import type { BenchOptions } from '../options.ts';
import type { Weights } from './weights.ts';

/** Fine-tuning from JPEG files to a saved model. */
export interface TrainJob {
  readonly work: 'train';
  readonly level: Level;
  /** Folders with a folder a class. */
  readonly train: string;
  readonly validation: string | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Whether it shall tell at its end how long the event loop was held up and which frozen statistics have moved. */
  readonly drift?: true;
  /** Of the network's input, in pixels; thaw alone takes another than 224. */
  readonly inputSize?: number;
}

/** The network over batches in memory: without gradients, or steps of training. */
export interface StepsJob {
  readonly work: 'steps';
  readonly task: Task | 'forward';
  /** 'auto': what the system runs best in. */
  readonly precision: 'auto' | 'float32' | 'bfloat16';
  /** Raw float32 [images, height, width, 3]. */
  readonly pixels: string;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly batchSize: number;
  /** Passes over the images that are measured, after one that is not. */
  readonly passes: number;
}

/** What one photograph shows. */
export interface PredictJob {
  readonly work: 'predict';
  readonly image: string;
}

export type Job = TrainJob | StepsJob | PredictJob;

/**
 * Something that fine-tunes or runs a ResNet-50, each job in a process of its own. Such a process tells lines of JSON:
 * `{"event":"epoch","epochSeconds":…,"valAccuracy":…}` after each epoch, `{"imagesPerSecond":…}` after steps, and a
 * line when it knows what a photograph shows.
 */
export interface System {
  readonly name: string;
  /** What tables call it. */
  readonly title: string;
  /** Slow enough that a part of the images stands for all of them. */
  readonly slow?: boolean;
  /** Whether its epochs differ from each other, so that only the whole of a run tells its time. */
  readonly caches?: boolean;
  does(job: Job): boolean;
  command(job: Job): Promise<Command>;
}

/** A system that is not at hand, and the sentence that says how to get it. */
export interface Missing {
  readonly title: string;
  readonly advice: string;
}

/** What every system is made from. */
export interface Of extends Pick<BenchOptions, 'device' | 'kernels'> {
  readonly weights: Weights;
  readonly folder: string;
}

/** Adam's: what `thaw train` uses, as Keras does. */
export const EPSILON = 1e-7;

/** Rates at which each level learns without overshooting. */
export const LEARNING_RATES: Record<Level, number> = { head: 1e-3, 'layer4.2': 1e-4, everything: 1e-4 };

/** One epoch without validation, unless `job` says otherwise. */
export function training(job: Pick<TrainJob, 'level' | 'train' | 'batchSize'> & Partial<TrainJob>): TrainJob {
  const learningRate = LEARNING_RATES[job.level];
  return { work: 'train', validation: null, epochs: 1, learningRate, seed: 1, ...job };
}

/** Of a whole run; a quick look at one of them is enough to see that every system works. */
export function levelsOf({ levels, quick }: BenchOptions): readonly Level[] {
  const isLevel = (level: Task): level is Level => (LEVELS as readonly Task[]).includes(level);
  if (!levels) return quick ? ['head'] : LEVELS;
  if (levels.every(isLevel)) return levels;
  const message = `Whole runs train ${LEVELS.join(', ')}: name these as --levels.`;
  throw new ThawError('ERR_INVALID_ARGUMENT', message);
}

/** A system that is a program of others. @param form of the weights that it reads @param program runs a job */
export function peer(
  about: Omit<System, 'command'>,
  form: string,
  program: (job: { readonly work: string }) => Promise<Command>,
  { weights, folder, device }: Of,
): System {
  let runs = 0;
  return {
    ...about,
    command: async (job) => {
      const out = path.join(folder, `${about.name}-${++runs}${path.extname(form)}`);
      const given = { ...job, device, epsilon: EPSILON, out, weights: await weights.as(form, program) };
      return program(given);
    },
  };
}
