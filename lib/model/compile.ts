import { invalid, knownOptions, numberIn, oneOf } from '../validate.ts';
import { type Layer, type LayerSelector, selectLayers } from './layers.ts';
import { adam, type Optimizer } from './optimizers.ts';
import { constant, type Schedule } from './schedules.ts';

const LOSSES = ['categoricalCrossentropy', 'binaryCrossentropy'] as const;
export type Loss = (typeof LOSSES)[number];

const METRICS = ['accuracy', 'top5'] as const;
export type Metric = (typeof METRICS)[number];

/** Layers with a learning rate or weight decay of their own. */
export interface ParameterGroup {
  layers: LayerSelector | readonly LayerSelector[];
  learningRate?: number;
  weightDecay?: number;
}

export interface CompileOptions {
  /** Default `adam()`. */
  optimizer?: Optimizer;
  /** Default 'categoricalCrossentropy'. Softmax and sigmoid at the end of the head are part of the loss. */
  loss?: Loss;
  /** The share of the target that is spread over all classes, 0 to 1. Default 0. */
  labelSmoothing?: number;
  /** 'top5' adds top-5 accuracy to the history. Default ['accuracy'], which is always there. */
  metrics?: readonly Metric[];
  /** Default `constant()`. */
  schedule?: Schedule;
  /** Later groups win over earlier ones. */
  groups?: readonly ParameterGroup[];
}

/** What the engine takes, apart from the class weights. */
export interface Compiled {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly labelSmoothing: number;
  readonly metrics: readonly Metric[];
  readonly schedule: Schedule;
  readonly groups: readonly { modules: string[]; learningRate?: number; weightDecay?: number }[];
}

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_LAYER */
export function compileOptions(options: CompileOptions, layers: readonly Layer[]): Compiled {
  knownOptions('compile', options, ['optimizer', 'loss', 'labelSmoothing', 'metrics', 'schedule', 'groups']);
  const optimizer = options.optimizer ?? adam();
  if (typeof optimizer !== 'object' || !['adam', 'adamw', 'sgd'].includes(optimizer.kind)) {
    throw invalid('optimizer', 'adam(), adamw() or sgd()', optimizer);
  }
  const schedule = options.schedule ?? constant();
  if (typeof schedule !== 'object' || !['constant', 'cosine', 'step'].includes(schedule.kind)) {
    throw invalid('schedule', 'constant(), cosine() or step()', schedule);
  }
  return {
    optimizer,
    schedule,
    loss: oneOf('loss', options.loss ?? 'categoricalCrossentropy', LOSSES),
    labelSmoothing: numberIn('labelSmoothing', options.labelSmoothing ?? 0, 0, 1),
    metrics: (options.metrics ?? ['accuracy']).map((metric) => oneOf('metrics', metric, METRICS)),
    groups: (options.groups ?? []).map((group) => resolveGroup(group, layers)),
  };
}

function resolveGroup(group: ParameterGroup, layers: readonly Layer[]) {
  knownOptions('a parameter group', group, ['layers', 'learningRate', 'weightDecay']);
  const modules = selectLayers(layers, group.layers)
    .filter((layer) => layer.weightCount > 0)
    .map((layer) => layer.torchName);
  const rate = (name: 'learningRate' | 'weightDecay') =>
    group[name] === undefined ? {} : { [name]: numberIn(name, group[name], 0, Number.POSITIVE_INFINITY) };
  return { modules, ...rate('learningRate'), ...rate('weightDecay') };
}
