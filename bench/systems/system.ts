import type { Level, Task } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import type { BenchOptions } from '../options.ts';
import type { Row } from './rows.ts';
import type { Weights } from './weights.ts';

/**
 * Fine-tuning from JPEG files to a saved model; `behave` tells at its end how long the event loop was held up and
 * which frozen statistics have moved.
 */
export interface TrainJob {
  readonly work: 'train' | 'behave';
  readonly level: Level;
  /** Folders with a folder a class. */
  readonly train: string;
  readonly validation: string | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
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
export interface System extends Pick<Row, 'name' | 'title' | 'slow' | 'caches'> {
  does(job: Job): boolean;
  command(job: Job): Promise<Command>;
}

/** What every system is made from. */
export interface Of extends Pick<BenchOptions, 'device' | 'kernels'> {
  readonly weights: Weights;
  readonly folder: string;
}

/** Systems whose names begin with `name`: how each is started. */
export interface Family {
  readonly name: string;
  /** The sentence that says how to get them; undefined where they are at hand. */
  readonly advice?: string | undefined;
  start(job: Job, variant: string): Promise<Command>;
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
