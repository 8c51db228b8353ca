import type { Level } from '../measuring/levels.ts';
import type { Command } from '../measuring/process.ts';

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
}

/** The whole network over pixels in memory, without gradients. */
export interface ForwardJob {
  /** Raw float32 [images, height, width, 3]. */
  readonly pixels: string;
  readonly shape: readonly number[];
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
  /** Its process tells `{"event":"done","imagesPerSecond":…}`. */
  forward?(job: ForwardJob): Promise<Command>;
  /** Its process tells one line when it knows what the photograph shows. */
  predict?(image: string): Promise<Command>;
  /** Whether there is something to train at this level in this way; absent: at all. */
  trains?(level: Level): boolean;
}

/** A system that is not at hand, and the sentence that says how to get it. */
export interface Missing {
  readonly title: string;
  readonly advice: string;
}

/** Adam's: what `thaw train` uses, as Keras does. */
export const EPSILON = 1e-7;
