import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { CommandApi, CommandModel } from '../../lib/cli/api.ts';
import type { Dataset } from '../../lib/data/dataset.ts';
import { ThawError } from '../../lib/errors.ts';
import type { Callbacks, EpochLogs } from '../../lib/model/callbacks.ts';
import type { Evaluation } from '../../lib/model/evaluation.ts';
import type { FitOptions } from '../../lib/model/fit-options.ts';
import { type History, makeHistory } from '../../lib/model/history.ts';
import type { LoadOptions } from '../../lib/model/load.ts';
import type { NativeExamined } from '../../lib/native-run.ts';
import type { Architecture } from '../../lib/network/architecture.ts';

/** What was asked of the library, and how it shall answer. */
export interface FakeLibrary {
  api: CommandApi;
  loads: { architecture: Architecture | undefined; options: LoadOptions }[];
  calls: unknown[][];
  fits: { train: Dataset; options: FitOptions & { validationData?: Dataset | undefined } }[];
  saved: string[];
  disposed: number;
}

export interface FakeBehaviour {
  /** What it loads. */
  network?: Pick<CommandModel, 'classes' | 'layers'>;
  /** Thrown by load where it gives one. */
  loadError?(options: LoadOptions): Error | undefined;
  /** Called at the end of each epoch; may abort the run's signal. */
  afterEpoch?(epoch: number): void;
  startEpoch?: number;
  skipped?: History['skipped'];
  changed?: History['changed'];
  predictError?(path: string): Error | undefined;
  writeCheckpoint?(directory: string): void;
}

/** A library that trains nothing, but calls back and fails as the real one does. */
export function fakeLibrary(behaviour: FakeBehaviour = {}): FakeLibrary {
  const library: FakeLibrary = {
    loads: [],
    calls: [],
    fits: [],
    saved: [],
    disposed: 0,
    api: {
      async load(architecture, options) {
        library.loads.push({ architecture, options });
        const error = behaviour.loadError?.(options);
        if (error) throw error;
        return fakeModel(library, behaviour);
      },
      async writeImage(path, rgb) {
        const { writeFile } = await import('node:fs/promises');
        await writeFile(path, rgb);
      },
      digests: async (paths) => paths.map(digest),
      examine: async (images) => examined(images),
      thumbnail: async () => new Uint8Array([0xff, 0xd8]),
    },
  };
  return library;
}

/** Of what a file holds; its content is what the tests write into it. */
function digest(path: string): string {
  return existsSync(path) ? createHash('sha1').update(readFileSync(path)).digest('hex') : '';
}

/** All are readable, and no two alike. */
function examined(images: Dataset): NativeExamined {
  const samples = Array.from({ length: images.size }, (_, i) => i);
  return { skipped: [], samples, neighbours: 0, nearest: [], cosines: [], outside: [] };
}

export function epochLogs(epoch: number): EpochLogs {
  return {
    loss: 1 / (epoch + 1),
    accuracy: 1 - 0.5 ** (epoch + 1),
    valLoss: 1.1 / (epoch + 1),
    valAccuracy: 0.9 - 0.5 ** (epoch + 1),
    epochSeconds: 2,
    imagesPerSecond: 100,
    learningRate: 1e-3,
  };
}

export function fakeEvaluation(classes: readonly string[], images: number): Evaluation {
  return {
    loss: 0.5,
    accuracy: 0.75,
    top5: 1,
    images,
    perClass: classes.map((label) => ({ label, precision: 0.8, recall: 0.7, f1: 0.746, support: 4 })),
    confusionMatrix: classes.map((_, i) => classes.map((_, j) => (i === j ? 3 : j === 0 ? 1 : 0))),
    skipped: [],
  };
}

function fakeModel(library: FakeLibrary, behaviour: FakeBehaviour): CommandModel {
  let { classes, layers } = behaviour.network ?? { classes: ['cat', 'dog'], layers: [] };
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void library.calls.push([name, ...values]);
  return {
    get classes() {
      return classes;
    },
    get layers() {
      return layers;
    },
    architecture: 'resnet50',
    inputShape: [224, 224, 3],
    replaceHead(head, options) {
      library.calls.push(['replaceHead', head, options]);
      classes = options?.classes ?? [];
    },
    freeze: note('freeze'),
    unfreeze: note('unfreeze'),
    compile: note('compile'),
    countParams: () => ({ total: 23_508_032, trainable: 4_098, nonTrainable: 23_503_934 }),
    summary: () => 'layer (type)   output shape\n',
    async fit(data, options = {}) {
      const train = data as Dataset;
      library.fits.push({ train, options: options as FakeLibrary['fits'][number]['options'] });
      const { epochs = 1, signal, checkpoint } = options;
      const callbacks = (options.callbacks ?? {}) as Callbacks;
      const startEpoch = behaviour.startEpoch ?? 0;
      // As the engine does, which waits.
      await callbacks.onTrainBegin?.({
        batches: 2,
        batchSize: 8,
        steps: 2,
        precision: 'float32',
        device: 'cpu',
        startEpoch,
        trainableParameters: 4_098,
        boundary: 'avgpool',
        trainCache: { place: 'memory', bytes: 4_096 * train.size, images: train.size, found: 0 },
        validationCache: { place: 'off', bytes: 0, images: 0, found: 0, reason: 'it was turned off' },
        startBatch: 0,
        epochs: Array.from({ length: startEpoch }, (_, epoch) => ({ ...epochLogs(epoch), images: 16 })),
        notes: startEpoch > 0 ? [`going on from epoch ${startEpoch + 1}`] : [],
      });
      for (let epoch = startEpoch; epoch < epochs; epoch++) {
        for (let batch = 1; batch <= 2; batch++) {
          callbacks.onBatchEnd?.({
            epoch,
            batch,
            batches: 2,
            images: 8 * batch,
            imagesPerSecond: 90,
            secondsLeft: 65,
            loss: 1,
            accuracy: 0.5,
          });
        }
        callbacks.onValidationBatchEnd?.({ epoch, batch: 1, batches: 1 });
        callbacks.onEpochEnd?.(epoch, epochLogs(epoch));
        if (checkpoint) behaviour.writeCheckpoint?.(checkpoint.directory);
        behaviour.afterEpoch?.(epoch);
        if (signal?.aborted) throw new ThawError('ERR_ABORTED', 'Training was aborted.');
      }
      const skipped = behaviour.skipped ?? [];
      const end = {
        epochs: [],
        frozen: { tensors: 320, checks: 1, digest: 'da39a3ee' },
        skippedSteps: 0,
        notes: [],
        skipped,
        changed: behaviour.changed ?? [],
        bestEpoch: -1,
        stoppedEarly: false,
        seconds: { total: 10, waiting: 1, frozen: 6, cache: 0, trained: 2, validation: 1, checkpoint: 0 },
        precision: 'float32',
      };
      const history = makeHistory(end, 'cpu', train.classes, [], 0);
      const validationData = options.validationData as Dataset | undefined;
      return validationData
        ? { ...history, evaluation: fakeEvaluation(validationData.classes, validationData.size) }
        : history;
    },
    async evaluate(data) {
      const dataset = data as Dataset;
      return fakeEvaluation(dataset.classes, dataset.size);
    },
    async predict(images, { topK = 5 } = {}) {
      const inputs = images as string[];
      library.calls.push(['predict', inputs]);
      for (const path of inputs) {
        const error = behaviour.predictError?.(path);
        if (error) throw error;
      }
      const top = [
        { label: 'dog', index: 1, probability: 0.75 },
        { label: 'cat', index: 0, probability: 0.25 },
      ].slice(0, topK);
      return inputs.map(() => ({ label: 'dog', index: 1, probability: 0.75, top }));
    },
    examine: async (images) => examined(images),
    async save(path, options) {
      library.calls.push(['save', options]);
      const { writeFile } = await import('node:fs/promises');
      await writeFile(path, 'weights');
      library.saved.push(path);
    },
    dispose: () => void library.disposed++,
  };
}
