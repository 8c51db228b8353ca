import { types } from 'node:util';
import { explainBareArrays } from '../data/bare-arrays.ts';
import { Dataset } from '../data/dataset.ts';
import { type DatasetLike, toDataset } from '../data/to-dataset.ts';
import { ThawError } from '../errors.ts';
import { networkGraph } from '../formats/graph.ts';
import { graphVariables } from '../formats/layers/variables.ts';
import { offLoop } from '../formats/off-loop.ts';
import { readWeights } from '../formats/read.ts';
import { formatFor, type SaveOptions } from '../formats/write.ts';
import { call, type NativeModel, type NativePreprocessing, settle } from '../native.ts';
import type { NativeExamined } from '../native-run.ts';
import type { Architecture, Variant } from '../network/architecture.ts';
import { describeModel, type ModelDescription } from '../network/description.ts';
import { type HeadLayer, headText, headUnits, namedHead, sameHead } from '../network/head.ts';
import type { InputShape } from '../network/preprocessing.ts';
import { checkMember } from '../options/family.ts';
import { headLayers } from '../options/head-layers.ts';
import { loadWeights, replaceHead, save } from '../options/load.ts';
import { apply, evaluate, predict } from '../options/run.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { invalid, listed } from '../validate.ts';
import { abortable } from './abort.ts';
import { ownedFolder } from './checkpoint-folder.ts';
import { withClassesOf } from './class-names.ts';
import { type Compiled, type CompileOptions, compileOptions, restoredTraining } from './compile.ts';
import { type Evaluation, makeEvaluation } from './evaluation.ts';
import { fitData } from './fit-data.ts';
import { classWeights, type EvaluateOptions, type FitOptions, fitOptions } from './fit-options.ts';
import { FitRun } from './fit-run.ts';
import type { History } from './history.ts';
import { Layer, type LayerHost, type LayerSelector, oneLayer, selectLayers } from './layers.ts';
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
import { thresholdsOf } from './thresholds.ts';

/** A residual network: load, freeze, replace the head, compile, fit. Made by `ResNet50.load` and its kin. */
export class ResNet {
  readonly #native: NativeModel;
  #description: ModelDescription;
  #layers: readonly Layer[];
  #compiled: Compiled | undefined;
  /** Whether `fit` has something to go on from. */
  #begun = false;
  /** Under way. */
  #run: FitRun | undefined;
  #stopTraining = false;

  /** @internal */
  constructor(native: NativeModel, description: ModelDescription, origin = 'The file') {
    this.#native = native;
    this.#description = description;
    this.#layers = this.#readLayers();
    const { frozen = [], training } = description;
    this.#setTrainable(
      this.#layers.filter(({ name }) => frozen.includes(name)),
      false,
    );
    if (training && description.head.length > 0) this.#compiled = restoredTraining(training, origin);
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
    this.#description = { ...this.#description, head, classes: classes ?? [], multiLabel: false };
    this.#layers = this.#readLayers(this.#layers.filter((layer) => !layer.head));
    this.#begun = false;
  }

  /**
   * The layer of this name (Keras' or torchvision's) or at this place, as Keras' `get_layer`.
   * @throws ThawError ERR_UNKNOWN_LAYER
   */
  getLayer(nameOrIndex: string | number): Layer {
    return oneLayer(this.#layers, nameOrIndex);
  }

  /**
   * Puts a file's weights into this model, as Keras' `load_weights`: the file holds a network and a head that are built
   * like the model's, in any format that `ResNet50.load` reads. What was compiled and trained so far goes on.
   * @throws ThawError ERR_WEIGHTS_NOT_FOUND, ERR_WEIGHTS_FORMAT, ERR_WEIGHTS_MISMATCH (nothing is changed then),
   *   ERR_MODEL_BUSY, ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_IO
   */
  async loadWeights(path: string, options: Given<typeof loadWeights> = {}): Promise<void> {
    const { includeTop } = checkOptions('loadWeights', loadWeights, options);
    if (typeof path !== 'string' || path === '') throw invalid('path', 'the path of a file', path);
    const { head } = this.#description;
    const { weights, description } = await readWeights(path, includeTop ? head : undefined);
    if (includeTop && description && !sameHead(description.head, head)) {
      throw new ThawError(
        'ERR_WEIGHTS_MISMATCH',
        `${path} has the head ${headText(description.head)}, the model ${headText(head)}; { includeTop: false } takes the backbone alone.`,
      );
    }
    await settle(this.#native.loadWeights(weights, path, !includeTop));
    if (includeTop && description && description.classes.length > 0) {
      this.#description = { ...this.#description, classes: description.classes };
    }
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

  /**
   * Says how to train; before `fit`. The optimizer, the schedule and all that is drawn start anew.
   * @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_LAYER, ERR_MODEL_BUSY
   */
  compile(options: CompileOptions = {}): void {
    const compiled = compileOptions(options, this.#layers);
    call(() => this.#native.startAnew());
    this.#compiled = compiled;
    this.#begun = false;
    this.#description = { ...this.#description, optimizerSaved: true };
  }

  /** Set to true while `fit` runs, training ends with the epoch under way, and that at its next step. */
  get stopTraining(): boolean {
    return this.#stopTraining;
  }

  set stopTraining(stop: boolean) {
    this.#stopTraining = stop;
    if (stop) this.#run?.finish();
  }

  /**
   * Trains what is trainable, natively, on a thread of its own. Called again it goes on: with the state of the optimizer,
   * the schedule, and the draws of order, augmentation and dropout, so that several calls equal one of as many epochs.
   * `compile` and `replaceHead` start anew.
   * @throws ThawError ERR_NOT_COMPILED, ERR_NOTHING_TO_TRAIN, ERR_CLASS_COUNT, ERR_CLASS_NAMES, ERR_DATA_ONE_CLASS,
   *   ERR_TOO_MANY_BAD_IMAGES, ERR_LOSS_NOT_FINITE, ERR_FROZEN_CHANGED, ERR_CHECKPOINT_MISMATCH,
   *   ERR_CHECKPOINT_DAMAGED, ERR_ABORTED (the checkpoint is saved before), ERR_RUN_IN_USE (another run has the
   *   checkpoint's folder), ERR_DISK_FULL, ERR_IO, ERR_OUT_OF_MEMORY, ERR_INVALID_ARGUMENT,
   *   ERR_UNKNOWN_OPTION, ERR_MODEL_BUSY; and what a callback throws
   */
  async fit(data: DatasetLike, options: FitOptions = {}): Promise<History> {
    // As Keras' and TensorFlow.js' fit(x, y) is called.
    const bare = explainBareArrays('fit', [data, options]);
    if (bare) throw bare;
    const { validationSplit, stepsPerEpoch, ...plain } = fitOptions(options);
    const checked = this.#decoding(plain);
    const compiled = this.#compiled;
    if (!compiled) throw new ThawError('ERR_NOT_COMPILED', 'Call compile() before fit().');
    // Nothing is waited for where there is nothing to wait for: the model is busy from the call on.
    const asDataset = (value: DatasetLike, as: Parameters<typeof toDataset>[1]) =>
      value instanceof Dataset ? value : toDataset(value, as);
    const given = asDataset(data, { name: 'fit', stepsPerEpoch });
    const held = options.validationData && asDataset(options.validationData, { name: 'validationData' });
    const { training, validation } = fitData({
      data: given instanceof Dataset ? given : await given,
      validationData: held === undefined || held instanceof Dataset ? held : await held,
      validationSplit,
      seed: checked.seed,
      known: this.classes,
    });
    this.#checkPixels(training);
    if (validation) this.#checkPixels(validation);
    if (!this.#begun && this.#description.optimizerSaved === false) {
      process.emitWarning(
        'The file of this model holds how it was compiled, but not the state of its optimizer, which starts anew: save() with includeOptimizer keeps it, compile() chooses anew.',
        { code: 'THAW_OPTIMIZER_NOT_SAVED' },
      );
    }
    const { classes } = training;
    if (this.classes.length > 0 && classes.some((name) => !this.classes.includes(name))) {
      process.emitWarning(
        `The outputs of this model were ${listed(this.classes)}; they are now trained to be ${listed(classes)}: replaceHead() draws a new head.`,
        { code: 'THAW_CLASSES_REPLACED' },
      );
    }
    const trained = {
      classes,
      multiLabel: training.kind === 'multiLabel',
      preprocessing: { ...this.#description.preprocessing, decode: checked.decode },
    };
    const onBegin = () => {
      this.#begun = true;
      // From here on the weights mean these classes, however the run ends.
      this.#description = { ...this.#description, ...trained };
    };
    const run = new FitRun(
      {
        native: this.#native,
        data: { training, validation },
        training: { ...compiled, classWeight: classWeights(training, options.classWeight) },
        options: checked,
        description: describeModel({ ...this.#describe(false), ...trained }),
        onBegin,
      },
      options.callbacks,
    );
    const folder = checked.checkpoint && ownedFolder(checked.checkpoint.directory);
    this.#run = run;
    this.#stopTraining = false;
    try {
      return await run.run(options.signal);
    } finally {
      if (this.#run === run) this.#run = undefined;
      folder?.leave();
    }
  }

  /**
   * One step over one batch, going on as `fit` does; the loss and accuracy are those before the step.
   * @throws ThawError as `fit`
   */
  async trainOnBatch(
    batch: DatasetLike,
    options: Pick<FitOptions, 'classWeight' | 'precision' | 'kernels' | 'signal' | 'clipNorm'> = {},
  ): Promise<Record<'loss' | 'accuracy', number>> {
    const data = await toDataset(batch, { name: 'trainOnBatch' });
    const { loss, accuracy } = await this.fit(data, {
      ...options,
      batchSize: data.size,
      shuffle: false,
      cache: 'off',
      maxSkippedShare: 0,
    });
    return { loss: loss[0] as number, accuracy: accuracy[0] as number };
  }

  /**
   * Loss, accuracy, per-class scores and the confusion matrix over a labelled data set.
   * @throws ThawError as `fit`, ERR_NO_HEAD
   */
  async evaluate(given: DatasetLike, options: EvaluateOptions = {}): Promise<Evaluation> {
    const bare = explainBareArrays('evaluate', [given, options]);
    if (bare) throw bare;
    const { signal, threshold, ...checked } = checkOptions('evaluate', evaluate, options);
    const dataset = await toDataset(given, { name: 'evaluate' });
    this.#checkPixels(dataset);
    this.#requireHead();
    const { classes } = this;
    const data = classes.length > 0 ? withClassesOf(dataset, classes, 'The data') : dataset;
    const outputs = headUnits(this.#description.head) ?? 0;
    const { length } = data.classes;
    const multiLabel = data.kind === 'multiLabel';
    if (multiLabel ? length !== outputs : length > Math.max(outputs, 2)) {
      throw new ThawError(
        'ERR_CLASS_COUNT',
        `The data has ${length} classes but the head has ${outputs} outputs.`,
      );
    }
    const loss = outputs === 1 || multiLabel ? 'binaryCrossentropy' : 'categoricalCrossentropy';
    const training = this.#compiled ?? { loss };
    const thresholds = multiLabel ? thresholdsOf(threshold, data.classes) : [];
    const result = await abortable(signal, (stop) =>
      this.#native.evaluate(
        nativeDataset(data),
        length,
        training,
        { ...this.#decoding(checked), thresholds },
        stop,
      ),
    );
    return makeEvaluation(result, data.classes);
  }

  /**
   * The most probable classes of each image. An image that cannot be read rejects the call.
   * @throws ThawError ERR_IMAGE_READ, ERR_IMAGE_DECODE, ERR_IMAGE_TOO_LARGE, ERR_NO_HEAD, ERR_ABORTED,
   *   ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION
   */
  async predict(images: PredictInput, options: PredictOptions = {}): Promise<Prediction[]> {
    const { signal, topK, threshold, ...checked } = checkOptions('predict', predict, options);
    const dataset = predictDataset(images);
    const probabilities = await abortable(signal, (stop) =>
      this.#native.predict(dataset, this.#decoding(checked), stop),
    );
    const { multiLabel } = this.#description;
    return makePredictions(
      probabilities,
      this.classes,
      topK,
      multiLabel ? thresholdsOf(threshold, this.classes) : undefined,
    );
  }

  /**
   * Reads every image, and compares the features of those that can be read: what `thaw check-data` needs.
   * @internal
   */
  async examine(
    dataset: Dataset,
    neighbours: number,
    options: EvaluateOptions = {},
  ): Promise<NativeExamined> {
    const { signal, threshold: _, ...checked } = checkOptions('examine', evaluate, options);
    return abortable(signal, (stop) =>
      this.#native.examine(
        nativeDataset(dataset),
        dataset.classes.length,
        neighbours,
        this.#decoding(checked),
        stop,
      ),
    );
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
      !types.isFloat32Array(input?.data) ||
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
    const { includeOptimizer } = checked;
    if ('native' in format) {
      const metadata = describeModel(this.#describe(includeOptimizer));
      await settle(this.#native.save(file, format.native, metadata, includeOptimizer));
    } else {
      const description = this.#description;
      await offLoop('write', file, { description, tensors: await this.state() }, checked);
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

  /** `kept`: the first of them, which are what they were. */
  #readLayers(kept: readonly Layer[] = []): readonly Layer[] {
    const facts = call(() => this.#native.layers());
    const host: LayerHost = {
      native: () => this.#native,
      indexOf: (layer) => this.#layers.indexOf(layer),
      variables: (layer) => graphVariables(networkGraph(this.#description)).get(layer.name) ?? [],
    };
    return Object.freeze([...kept, ...facts.slice(kept.length).map((layer) => new Layer(layer, host))]);
  }

  /** All that a file can say of it. */
  #describe(optimizerSaved: boolean): ModelDescription {
    const frozen = this.#layers.filter(({ trainable }) => !trainable).map(({ name }) => name);
    return {
      ...this.#description,
      frozen,
      ...(this.#compiled && { training: this.#compiled, optimizerSaved }),
    };
  }

  #setTrainable(layers: readonly Layer[], trainable: boolean): void {
    for (const layer of layers) layer.trainable = trainable;
  }

  /** Unless it is said, images are decoded as they were in training. */
  #decoding<T extends { decode?: NativePreprocessing['decode'] }>(options: T) {
    return { ...options, decode: options.decode ?? this.#description.preprocessing.decode };
  }

  #requireHead(): void {
    if (this.#description.head.length === 0) {
      throw new ThawError('ERR_NO_HEAD', 'The model has no head: call replaceHead() first.');
    }
  }

  #checkPixels({ source }: Dataset): void {
    if (source.kind !== 'pixels' || types.isUint8Array(source.data)) return;
    const [height, width] = this.inputShape;
    if (source.shape[1] !== height || source.shape[2] !== width) {
      throw invalid('shape', `[N, ${height}, ${width}, 3] for preprocessed pixels`, source.shape);
    }
  }
}
