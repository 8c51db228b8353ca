import type { NativeModel, NativeStopFlag, NativeTraining } from '../native.ts';
import type { NativeEvent, NativeHistory } from '../native-run.ts';
import { abortable } from './abort.ts';
import { CallbackRunner } from './callbacks.ts';
import { dataFacts } from './checkpoint-facts.ts';
import type { FitData } from './fit-data.ts';
import type { CheckedFit, FitOptions } from './fit-options.ts';
import { type History, makeHistory } from './history.ts';
import { nativeDataset } from './native-data.ts';

export interface FitParts {
  native: NativeModel;
  data: FitData;
  training: NativeTraining;
  options: CheckedFit;
  /** The metadata of the model's file, as it will be. */
  description: Readonly<Record<string, string>>;
  /** Once the engine has begun: whatever happens from then on, the weights are being changed. */
  onBegin: () => void;
}

/** One run of `fit`: what the engine tells becomes calls of the callbacks, and what they do steers the run. */
export class FitRun {
  readonly #parts: FitParts;
  readonly #device: string;
  readonly #callbacks: CallbackRunner;
  // A callback that fails ends the run as a signal does; its error is what fit() rejects with.
  readonly #stopper = new AbortController();
  #stop: NativeStopFlag | undefined;
  #finishing = false;

  constructor(parts: FitParts, callbacks: FitOptions['callbacks']) {
    this.#parts = parts;
    this.#device = parts.native.device();
    this.#callbacks = new CallbackRunner(callbacks, () => this.#stopper.abort());
  }

  /** Ends it with the epoch under way, and that at its next step. */
  finish(): void {
    this.#finishing = true;
    this.#stop?.finish();
  }

  async run(signal: AbortSignal | undefined): Promise<History> {
    const callbacks = this.#callbacks;
    const { data, training, options } = this.#parts;
    const abort = () => this.#stopper.abort();
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const native = await this.#compute();
      const { classes } = data.training;
      const history = makeHistory(native, this.#device, classes, training.metrics, options.initialEpoch);
      if (!callbacks.failure) callbacks.call('onTrainEnd', history);
      await callbacks.settled();
      if (callbacks.failure) throw callbacks.failure.error;
      return history;
    } catch (error) {
      await callbacks.settled();
      throw callbacks.failure ? callbacks.failure.error : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  #compute(): Promise<NativeHistory> {
    const { native, data, training, options, description } = this.#parts;
    const callbacks = this.#callbacks;
    const { checkpoint, ...others } = options;
    const saved = checkpoint && {
      ...checkpoint,
      facts: dataFacts(data),
      description: Object.entries(description).map(([name, text]) => ({ name, text })),
    };
    return abortable(this.#stopper.signal, (stop) => {
      this.#stop = stop;
      return native.fit(
        nativeDataset(data.training),
        data.validation && nativeDataset(data.validation),
        data.training.classes.length,
        training,
        {
          ...others,
          ...(saved && { checkpoint: saved }),
          batchEvents: callbacks.listensTo('onBatchEnd') || callbacks.listensTo('onValidationBatchEnd'),
          holdEpochs: !callbacks.isEmpty,
        },
        stop,
        (event) => this.#listen(event),
      );
    });
  }

  #listen(event: NativeEvent): void {
    const callbacks = this.#callbacks;
    switch (event.type) {
      case 'begin': {
        this.#parts.onBegin();
        const { type: _, ...info } = event;
        const { epochs, initialEpoch, accumulationSteps } = this.#parts.options;
        const steps = (epochs - initialEpoch) * Math.ceil(info.batches / accumulationSteps);
        callbacks.call('onTrainBegin', { ...info, steps, device: this.#device });
        void this.#letGoOn(info.startEpoch, false);
        break;
      }
      case 'batch': {
        const { type: _, ...logs } = event;
        callbacks.call('onBatchEnd', { ...logs, batch: logs.batch + 1 });
        break;
      }
      case 'validation': {
        const { type: _, ...logs } = event;
        callbacks.call('onValidationBatchEnd', { ...logs, batch: logs.batch + 1 });
        break;
      }
      case 'epoch': {
        const { type: _, epoch, last, images: _images, ...logs } = event;
        callbacks.call('onEpochEnd', epoch, logs);
        void this.#letGoOn(epoch + 1, last);
      }
    }
  }

  /** The engine waits until what the callbacks have begun is done; `next`: the epoch that it then begins. */
  async #letGoOn(next: number, last: boolean): Promise<void> {
    const callbacks = this.#callbacks;
    await callbacks.settled();
    if (!last && !this.#finishing && !callbacks.failure) callbacks.call('onEpochBegin', next);
    await callbacks.settled();
    this.#stop?.release();
  }
}
