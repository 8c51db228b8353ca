import { ThawError } from '../errors.ts';
import type { NativeGroup, NativeTraining } from '../native.ts';
import { compile, type LOSSES, type parameterGroup } from '../options/compile.ts';
import type { METRICS } from '../options/metrics.ts';
import { checkOptions, type Given } from '../options/table.ts';
import { type Layer, type LayerSelector, selectLayers } from './layers.ts';
import { adam } from './optimizers.ts';
import { constant } from './schedules.ts';

export type Loss = (typeof LOSSES)[number];
export type Metric = (typeof METRICS)[number];

/** Layers with a learning rate or weight decay of their own. */
export interface ParameterGroup extends Omit<Given<typeof parameterGroup>, 'layers'> {
  layers: LayerSelector | readonly LayerSelector[];
}

/** docs/api.md has the table. */
export interface CompileOptions extends Omit<Given<typeof compile>, 'groups'> {
  groups?: readonly ParameterGroup[] | undefined;
}

/** What the engine takes, apart from the class weights: plain data, which a saved model has with it. */
export type Compiled = NativeTraining;

/** @throws ThawError ERR_INVALID_ARGUMENT, ERR_UNKNOWN_OPTION, ERR_UNKNOWN_LAYER */
export function compileOptions(options: CompileOptions, layers: readonly Layer[]): Compiled {
  const {
    optimizer = adam(),
    schedule = constant(),
    backboneLearningRate,
    layerDecay,
    ...checked
  } = checkOptions('compile', compile, options);
  const own = new Map<string, Own>();
  const give = (chosen: readonly Layer[], values: (layer: Layer) => Own) => {
    for (const layer of chosen) {
      if (layer.weightCount > 0) own.set(layer.torchName, { ...own.get(layer.torchName), ...values(layer) });
    }
  };
  if (backboneLearningRate !== undefined || layerDecay !== 1) {
    const rate = backboneLearningRate ?? optimizer.learningRate;
    const backbone = layers.filter((layer) => !layer.head);
    const blocks = [...new Set(backbone.map(blockOf))].reverse();
    give(backbone, (layer) => ({ learningRate: rate * layerDecay ** blocks.indexOf(blockOf(layer)) }));
  }
  for (const { layers: selector, ...values } of checked.groups)
    give(selectLayers(layers, selector as ParameterGroup['layers']), () => values);
  return { ...checked, optimizer, schedule, groups: grouped(own) };
}

/** What a module has of its own. */
type Own = Omit<NativeGroup, 'modules'>;

/** The residual block that a layer is part of: `layer4.2`; what comes before them all is one, too. */
function blockOf({ torchName }: Layer): string {
  return /^\w+\.\d+(?=\.)/.exec(torchName)?.[0] ?? '';
}

/** Modules with the same values together: the optimizer makes one call a group. */
function grouped(own: ReadonlyMap<string, Own>): NativeGroup[] {
  const groups = new Map<string, Own & { modules: string[] }>();
  for (const [module, { learningRate, weightDecay }] of own) {
    const key = `${learningRate} ${weightDecay}`;
    const group = groups.get(key) ?? {
      modules: [],
      ...(learningRate !== undefined && { learningRate }),
      ...(weightDecay !== undefined && { weightDecay }),
    };
    group.modules.push(module);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** What a saved model says of its training. @throws ThawError ERR_WEIGHTS_FORMAT where it cannot be */
export function restoredTraining(saved: Compiled, origin: string): Compiled {
  const { groups, ...options } = saved;
  try {
    const checked = compileOptions(options, []);
    const whole = groups.every(({ modules }) => modules.every((name) => typeof name === 'string'));
    if (whole) return { ...checked, groups };
  } catch {
    // Refused below, like what is no list of groups.
  }
  throw new ThawError(
    'ERR_WEIGHTS_FORMAT',
    `${origin} describes its training in a way that this version of thaw does not understand.`,
  );
}
