import { readFileSync } from 'node:fs';
import { Dataset } from '../data/dataset.ts';
import { ThawError } from '../errors.ts';
import { formatFor, type SaveOptions } from '../formats/write.ts';
import { call, type NativeEvent, type NativeModel, settle } from '../native.ts';
import type { Architecture, Variant } from '../network/architecture.ts';
import { describeModel, type ModelDescription } from '../network/description.ts';
import { type HeadLayer, headUnits, namedHead } from '../network/head.ts';
import type { InputShape } from '../network/preprocessing.ts';
import { checkMember } from '../options/family.ts';
import { headLayers } from '../options/head-layers.ts';
import { replaceHead, save } from '../options/load.ts';
import { apply, predict, run } from '../options/run.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { reasonOf } from '../reason.ts';
import { invalid, listed, shortened } from '../validate.ts';
import { abortable } from './abort.ts';
import { type Compiled, type CompileOptions, compileOptions } from './compile.ts';
import { type Evaluation, makeEvaluation } from './evaluation.ts';
import { classWeights, type FitOptions, fitOptions, type RunOptions } from './fit-options.ts';
import { epochLogs, type History, makeHistory } from './history.ts';
import { Layer, type LayerSelector, selectLayers } from './layers.ts';
import { nativeDataset } from './native-data.ts';
import {
  isImageShape,
  makePredictions,
  type PredictInput,
  type Prediction,
  type PredictOptions,
  predictDataset,
  type Tensor,
} from './prediction.ts';
import { countParameters, type ParameterCounts, summaryTable } from './summary.ts';

/** A residual network: load, freeze, replace the head, compile, fit. Made by `ResNet50.load` and its kin. */
export class ResNet {
  readonly #native: NativeModel;
  #description: ModelDescription;
  #layers: readonly Layer[];
  #compiled: Compiled | undefined;

  /** @internal */
  constructor(native: NativeModel, description: ModelDescription) {
    this.#native = native;
    this.#description = description;
    this.#layers = this.#readLayers();
  }

  /** 'resnet50' and its kin. */
  get architecture(): Architecture {
    return this.#description.architecture;
  }

  /** How the network is built: torchvision's way or Keras'. */
  get variant(): Variant {
    return this.#description.variant;
  }

  /** The class names, in the order of the outputs; empty before a head of one's own has been trained. */
  get classes(): readonly string[] {
    return this.#description.classes;
  }

  /** [height, width, 3] of the network's input. */
  get inputShape(): InputShape {
    const { height, width } = this.#description.preprocessing;
    return [height, width, 3];
  }

  /** 'cpu', 'cuda:0' */
  get device(): string {
    return call(() => this.#native.device());
  }

  /** The named layers in Keras' order: the backbone (175 for ResNet-50), then the head. */
  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** Freezes layers: the whole backbone, or those selected. @throws ThawError ERR_UNKNOWN_LAYER, ERR_MODEL_BUSY */
  freeze(selector?: LayerSelector | readonly LayerSelector[]): void {
    const chosen = selector === undefined ? this.#layers.filter((layer) => !layer.head) : undefined;
    this.#setTrainable(chosen ?? selectLayers(this.#layers, selector), false);
  }

  /** Makes layers trainable: all, or those selected. @throws ThawError ERR_UNKNOWN_LAYER, ERR_MODEL_BUSY */
  unfreeze(selector?: LayerSelector | readonly LayerSelector[]): void {
    this.#setTrainable(selectLayers(this.#layers, selector), true);
  }

  /**
   * Puts another head on the backbone; its layers are trainable. It ends with a dense layer, one unit a class.
   * `initializer` says whose way of drawing dense layers is taken; default 'keras'.
   * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_MODEL_BUSY
   */
  replaceHead(layers: readonly HeadLayer[], options: Given<typeof replaceHead> = {}): void {
    const { classes, seed, initializer } = checkOptions('replaceHead', replaceHead, options);
    if (!Array.isArray(layers) || layers.length === 0) throw invalid('layers', 'a list of layers', layers);
    const head = layers.map((layer, index) =>
      checkMember(`layers[${index}]`, headLayers, 'a layer such as dense()', layer),
    );
    const units = headUnits(head);
    if (classes && classes.length !== units && !(units === 1 && classes.length === 2)) {
      throw invalid('classes', `${units} class names, one for each unit of the last layer`, classes);
    }
    call(() => this.#native.replaceHead(namedHead(head), seed, initializer));
    this.#description = { ...this.#description, head, classes: classes ?? [] };
    this.#layers = this.#readLayers();
  }

  countParams(): ParameterCounts {
    return countParameters(this.#layers);
  }

  /** The table of layers, as Keras shows it; printed line by line where `print` is given, and returned. */
  summary(print?: (line: string) => void): string {
    const text = summaryTable(this.architecture, this.#layers);
    if (print) for (const line of text.split('\n')) print(line);
    return text;
  }

  /** Says how to train; before `fit`. @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_LAYER */
  compile(options: CompileOptions = {}): void {
    this.#compiled = compileOptions(options, this.#layers);
  }

  /**
   * Trains what is trainable, natively, on a thread of its own.
   * @throws ThawError ERR_NOT_COMPILED, ERR_NOTHING_TO_TRAIN, ERR_CLASS_COUNT, ERR_CLASS_NAMES, ERR_DATA_ONE_CLASS,
   *   ERR_TOO_MANY_BAD_IMAGES, ERR_LOSS_NOT_FINITE, ERR_CHECKPOINT_MISMATCH, ERR_ABORTED (the checkpoint is saved
   *   before), ERR_DISK_FULL, ERR_IO, ERR_OUT_OF_MEMORY, ERR_INVALID_ARGUMENT,
   *   ERR_UNKNOWN_OPTION, ERR_MODEL_BUSY; and what a callback throws
   */
  async fit(train: Dataset, options: FitOptions = {}): Promise<History> {
    const checked = fitOptions(options);
    const compiled = this.#compiled;
    if (!compiled) throw new ThawError('ERR_NOT_COMPILED', 'Call compile() before fit().');
    checkDataset('train', train);
    this.#checkPixels(train);
    if (train.classes.length < 2) {
      throw new ThawError(
        'ERR_DATA_ONE_CLASS',
        'The data has one class only: there is nothing to tell apart.',
      );
    }
    const { validationData, callbacks = {} } = options;
    if (validationData) {
      checkDataset('validationData', validationData);
      this.#checkPixels(validationData);
      checkClasses('The validation data', validationData.classes, train.classes);
    }
    const training = { ...compiled, classWeight: classWeights(train, options.classWeight) };
    const device = this.device;

    // A callback that throws ends the run as a signal does; its error is what fit() rejects with.
    const stopper = new AbortController();
    const abort = () => stopper.abort();
    if (options.signal?.aborted) abort();
    options.signal?.addEventListener('abort', abort, { once: true });
    let thrown: { error: unknown } | undefined;
    const listen = (event: NativeEvent) => {
      try {
        if (event.type === 'begin') {
          const { type: _, ...info } = event;
          const steps = checked.epochs * Math.ceil(info.batches / checked.accumulationSteps);
          callbacks.onTrainBegin?.({ ...info, steps, device });
        } else if (event.type === 'batch') {
          const { type: _, ...logs } = event;
          callbacks.onBatchEnd?.({ ...logs, batch: logs.batch + 1 });
        } else if (event.type === 'validation') {
          const { type: _, ...logs } = event;
          callbacks.onValidationBatchEnd?.({ ...logs, batch: logs.batch + 1 });
        } else {
          const { type: _, epoch, ...logs } = event;
          callbacks.onEpochEnd?.(epoch, epochLogs(logs));
        }
      } catch (error) {
        thrown ??= { error };
        abort();
      }
    };
    try {
      const history = await abortable(stopper.signal, (stop) => {
        const validation = validationData && nativeDataset(validationData);
        const data = nativeDataset(train);
        return this.#native.fit(data, validation, train.classes.length, training, checked, stop, listen);
      });
      if (thrown) throw thrown.error;
      this.#description = { ...this.#description, classes: train.classes };
      return makeHistory(history, device, train.classes, compiled.metrics);
    } catch (error) {
      throw thrown ? thrown.error : error;
    } finally {
      options.signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Loss, accuracy, per-class scores and the confusion matrix over a labelled data set.
   * @throws ThawError as `fit`, ERR_NO_HEAD
   */
  async evaluate(dataset: Dataset, options: RunOptions = {}): Promise<Evaluation> {
    const { signal, ...checked } = checkOptions('evaluate', run, options);
    checkDataset('dataset', dataset);
    this.#checkPixels(dataset);
    this.#requireHead();
    if (this.classes.length > 0) checkClasses('The data', dataset.classes, this.classes);
    const outputs = headUnits(this.#description.head) ?? 0;
    const { length } = dataset.classes;
    if (length > Math.max(outputs, 2)) {
      throw new ThawError(
        'ERR_CLASS_COUNT',
        `The data has ${length} classes but the head has ${outputs} outputs.`,
      );
    }
    const loss = outputs === 1 ? 'binaryCrossentropy' : 'categoricalCrossentropy';
    const training = this.#compiled ?? { loss };
    const result = await abortable(signal, (stop) =>
      this.#native.evaluate(nativeDataset(dataset), length, training, checked, stop),
    );
    return makeEvaluation(result, this.classes.length > 0 ? this.classes : dataset.classes);
  }

  /**
   * The most probable classes of each image. An image that cannot be read rejects the call.
   * @throws ThawError ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_NO_HEAD, ERR_ABORTED,
   *   ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
   */
  async predict(images: PredictInput, options: PredictOptions = {}): Promise<Prediction[]> {
    const { signal, topK, ...checked } = checkOptions('predict', predict, options);
    const dataset = predictDataset(images, readImage);
    const probabilities = await abortable(signal, (stop) => this.#native.predict(dataset, checked, stop));
    return makePredictions(probabilities, this.classes, topK);
  }

  /**
   * The network as a function: preprocessed images [N, H, W, 3] in, what its last layer gives out (with the final
   * softmax or sigmoid; logits of a linear layer), [N, units], or [N, h, w, channels] without a head.
   * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
   */
  async apply(input: Tensor, options: Given<typeof apply> = {}): Promise<Tensor> {
    const checked = checkOptions('apply', apply, options);
    const [height, width] = this.inputShape;
    if (
      !(input?.data instanceof Float32Array) ||
      !isImageShape(input.shape, input.data.length) ||
      input.shape[1] !== height ||
      input.shape[2] !== width
    ) {
      throw invalid('input', `{ data: Float32Array, shape: [N, ${height}, ${width}, 3] }`, input?.shape);
    }
    return settle(this.#native.apply({ pixels: input.data, shape: input.shape }, checked));
  }

  /**
   * Writes the model in the format that the name ends in: `.safetensors` (thaw's own, self-describing), `.pt`
   * (TorchScript), `.pth` (PyTorch state dict), `.keras`, `.weights.h5`, `.h5` (Keras), `.onnx`, `model.json`
   * (TensorFlow.js, with its shards beside it). What is there already is replaced as a whole.
   * @throws ThawError ERR_UNKNOWN_FORMAT, ERR_DISK_FULL, ERR_IO, ERR_WRITE_FAILED, ERR_MODEL_BUSY,
   *   ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
   */
  async save(file: string, options: SaveOptions = {}): Promise<void> {
    const checked = checkOptions('save', save, options);
    if (typeof file !== 'string' || file === '') throw invalid('path', 'the path of a file', file);
    const format = formatFor(file, checked);
    if ('native' in format) {
      await settle(this.#native.save(file, format.native, describeModel(this.#description)));
    } else {
      const description = this.#description;
      await format.write(file, { description, tensors: await this.state() }, checked);
    }
  }

  /** Copies of all tensors, by torchvision's names. */
  async state(): Promise<Record<string, Tensor>> {
    return settle(this.#native.state());
  }

  /** Gives the memory back at once; the model cannot be used afterwards. @throws ThawError ERR_MODEL_BUSY */
  dispose(): void {
    call(() => this.#native.dispose());
  }

  #readLayers(): readonly Layer[] {
    const facts = call(() => this.#native.layers());
    return Object.freeze(facts.map((layer, index) => new Layer(layer, index, () => this.#native)));
  }

  #setTrainable(layers: readonly Layer[], trainable: boolean): void {
    for (const layer of layers) layer.trainable = trainable;
  }

  #requireHead(): void {
    if (this.#description.head.length === 0) {
      throw new ThawError('ERR_NO_HEAD', 'The model has no head: call replaceHead() first.');
    }
  }

  #checkPixels({ source }: Dataset): void {
    if (source.kind !== 'pixels' || source.data instanceof Uint8Array) return;
    const [height, width] = this.inputShape;
    if (source.shape[1] !== height || source.shape[2] !== width) {
      throw invalid('shape', `[N, ${height}, ${width}, 3] for preprocessed pixels`, source.shape);
    }
  }
}

/** @throws ThawError ERR_IMAGE_READ */
function readImage(file: string): Uint8Array {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ThawError('ERR_IMAGE_READ', `Cannot read ${file}: ${reasonOf(error)}.`, { cause: error });
  }
}

function checkDataset(name: string, dataset: unknown): asserts dataset is Dataset {
  if (!(dataset instanceof Dataset))
    throw invalid(name, 'a Dataset (imageFolder() and others make one)', dataset);
}

function checkClasses(what: string, actual: readonly string[], expected: readonly string[]): void {
  const different = actual.findIndex((name, index) => name !== expected[index]);
  if (actual.length === expected.length && different < 0) return;
  const where = different < 0 ? '' : `; the first that differs is '${shortened(actual[different] ?? '')}'`;
  throw new ThawError(
    'ERR_CLASS_NAMES',
    `${what} has the classes ${listed(actual)}, not ${listed(expected)}${where}.`,
  );
}
