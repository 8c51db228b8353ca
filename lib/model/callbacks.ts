import type { NativeBatch, NativeBegin, NativeEpoch, NativeProgress } from '../native-run.ts';
import type { History } from './history.ts';

export interface TrainBegin extends NativeBegin {
  /** Optimizer steps of the whole run. */
  steps: number;
  device: string;
}

/** `batch` counts those that are done. */
export type BatchLogs = NativeBatch;

/** Of the validation that ends an epoch; `batch` counts those that are done. */
export type ValidationLogs = NativeProgress;

/** Of an epoch: what was measured on the training images, and as `valLoss` and its kin on those of validation. */
export type EpochLogs = Omit<NativeEpoch, 'images'>;

/**
 * Called on the event loop while training goes on beside it. Promises that they return are waited for before the first
 * epoch and after each one, before the next one begins, and before `fit` resolves. What one throws, or a promise is rejected with, stops the
 * training and rejects `fit`. `model.stopTraining = true` in one ends training with the epoch.
 */
export interface Callbacks {
  onTrainBegin?(info: TrainBegin): unknown;
  /** From 0. */
  onEpochBegin?(epoch: number): unknown;
  /** About ten times a second. */
  onBatchEnd?(logs: BatchLogs): unknown;
  /** Likewise. */
  onValidationBatchEnd?(logs: ValidationLogs): unknown;
  onEpochEnd?(epoch: number, logs: EpochLogs): unknown;
  onTrainEnd?(history: History): unknown;
}

type Event = keyof Callbacks;
type ArgumentsOf<E extends Event> = Parameters<NonNullable<Callbacks[E]>>;

/** Calls the callbacks of a run in order, and waits for those that take their time. */
export class CallbackRunner {
  /** What the first one that failed has failed with. */
  failure: { error: unknown } | undefined;
  readonly #callbacks: readonly Callbacks[];
  readonly #onFailure: () => void;
  #pending: Promise<unknown>[] = [];

  constructor(callbacks: Callbacks | readonly Callbacks[] | undefined, onFailure: () => void) {
    this.#callbacks = callbacks === undefined ? [] : ([callbacks].flat() as readonly Callbacks[]);
    this.#onFailure = onFailure;
  }

  listensTo(event: Event): boolean {
    return this.#callbacks.some((callbacks) => callbacks[event] !== undefined);
  }

  get isEmpty(): boolean {
    return this.#callbacks.length === 0;
  }

  call<E extends Event>(event: E, ...args: ArgumentsOf<E>): void {
    for (const callbacks of this.#callbacks) {
      try {
        // As a method, so that an object's state is at hand.
        const result = (callbacks[event] as ((...args: ArgumentsOf<E>) => unknown) | undefined)?.apply(
          callbacks,
          args,
        );
        if (result instanceof Promise) this.#pending.push(result.catch((error) => this.#fail(error)));
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** Until nothing is under way; never rejects. */
  async settled(): Promise<void> {
    while (this.#pending.length > 0) await Promise.all(this.#pending.splice(0));
  }

  #fail(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    this.#onFailure();
  }
}
