import { ThawError } from '../../lib/errors.ts';
import { LEVELS, type Level, type Task } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';
import type { BenchOptions } from '../options.ts';

/** Fine-tuning from JPEG files to a saved model. */
export interface TrainJob {
  readonly level: Level;
  /** Folders with a folder a class. */
  readonly train: string;
  readonly validation: string | null;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  /** Whether it shall tell at its end which frozen statistics have moved; TensorFlow.js alone knows this. */
  readonly drift?: boolean;
  /** Of the network's input, in pixels; thaw alone takes another than 224. */
  readonly inputSize?: number;
}

/** 'auto': what the system runs best in. */
export type Precision = 'auto' | 'float32' | 'bfloat16';

/** The network over batches in memory: without gradients, or steps of training. */
export interface StepsJob {
  readonly task: Task | 'forward';
  readonly precision: Precision;
  /** Raw float32 [images, height, width, 3]. */
  readonly pixels: string;
  readonly shape: readonly number[];
  readonly labels: readonly number[];
  readonly batchSize: number;
  /** Passes over the images that are measured, after one that is not. */
  readonly passes: number;
}

/**
 * Something that fine-tunes or runs a ResNet-50. For each kind of work that it can do it names the process that does
 * it; such a process tells `{"event":"epoch","epochSeconds":…,"valAccuracy":…}` after each epoch.
 */
export interface System {
  readonly name: string;
  /** What tables call it. */
  readonly title: string;
  /** Slow enough that a part of the images stands for all of them. */
  readonly slow: boolean;
  /** Whether its epochs differ from each other, so that only the whole of a run tells its time. */
  readonly caches: boolean;
  /** Compiles for half a minute before it starts: a quick look meets it in `end-to-end` alone. */
  readonly compiles?: boolean;
  train?(job: TrainJob): Promise<Command>;
  /** Whether there is something to train at this level in this way; absent: at all. */
  trains?(level: Level): boolean;
  /** Undefined where it does not do such steps. Its process tells `{"imagesPerSecond":…}` last. */
  steps?(job: StepsJob): (() => Promise<Command>) | undefined;
  /** Its process tells one line when it knows what the photograph shows. */
  predict?(image: string): Promise<Command>;
}

/** A system that is not at hand, and the sentence that says how to get it. */
export interface Missing {
  readonly title: string;
  readonly advice: string;
}

/** Adam's: what `thaw train` uses, as Keras does. */
export const EPSILON = 1e-7;

/** Rates at which each level learns without overshooting. */
export const LEARNING_RATES: Record<Level, number> = { head: 1e-3, 'layer4.2': 1e-4, everything: 1e-4 };

/** The systems that train at this level. */
export function trains(systems: readonly System[], level: Level) {
  return systems.flatMap(({ train, ...system }) =>
    train && (system.trains?.(level) ?? true) ? [{ ...system, train }] : [],
  );
}

/** Of a whole run; a quick look at one of them is enough to see that every system works. */
export function levelsOf({ levels, quick }: BenchOptions): readonly Level[] {
  const isLevel = (level: Task): level is Level => (LEVELS as readonly Task[]).includes(level);
  if (!levels) return quick ? ['head'] : LEVELS;
  if (levels.every(isLevel)) return levels;
  throw new ThawError(
    'ERR_INVALID_ARGUMENT',
    `Whole runs train ${LEVELS.join(', ')}: name these as --levels.`,
  );
}
