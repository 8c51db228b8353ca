import { ThawError } from '../errors.ts';
import type { NativeTraining } from '../native.ts';
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
  const { optimizer = adam(), schedule = constant(), ...checked } = checkOptions('compile', compile, options);
  const groups = checked.groups.map(({ layers: selector, ...own }) => ({
    ...own,
    modules: selectLayers(layers, selector as ParameterGroup['layers'])
      .filter((layer) => layer.weightCount > 0)
      .map((layer) => layer.torchName),
  }));
  return { ...checked, optimizer, schedule, groups };
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
