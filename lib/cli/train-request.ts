import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readConfig, withAbsolutePaths } from '../config/file.ts';
import { resolveConfig } from '../config/resolve.ts';
import { demoPreset, randomWeightsPreset } from '../demo/preset.ts';
import { noPositionals, parseArguments, unusable } from '../options/arguments.ts';
import { type TrainConfig, type TrainValues, trainFlags } from '../options/train.ts';
import { isPartlyAside } from './put-aside.ts';
import { defaultRunFolder } from './run-folder.ts';

/** What `thaw train` is asked to do, everything resolved. */
export interface TrainRequest {
  config: TrainConfig;
  /** What was asked for, without defaults. */
  given: TrainValues;
  out: string;
  /** How the command line wrote it, for sentences that repeat the command. */
  outAsGiven: string;
  resume: boolean;
  /** Options that are asked for by name: a run that goes on may have them otherwise than before. */
  changes: readonly string[];
  /** It was asked to resume, and there is nothing to. */
  nothingToResume: boolean;
  json: boolean;
  quiet: boolean;
}

/**
 * Command line over configuration file over (when resuming) the run's own config.json over defaults.
 * @throws ThawError for whatever cannot be used, before anything is loaded
 */
export async function readTrainRequest(args: readonly string[], cwd: string): Promise<TrainRequest> {
  const { values, positionals } = parseArguments(args, trainFlags, 'train');
  noPositionals(positionals, 'train');
  const {
    config: configFile,
    out,
    resume = false,
    json = false,
    quiet = false,
    verbose: _,
    ...flags
  } = values;
  if (resume && out === undefined)
    throw unusable('--resume needs --out DIR, the folder of the run to go on with.');

  const outAsGiven = out ?? defaultRunFolder();
  const folder = resolve(cwd, outAsGiven);
  const layers: TrainValues[] = [];
  const earlier = join(folder, 'config.json');
  const continued = resume && existsSync(earlier) && !isPartlyAside(folder);
  if (continued) layers.push(await readConfig(earlier));
  const asked: TrainValues[] = [];
  if (configFile !== undefined) asked.push(await readConfig(resolve(cwd, configFile)));
  asked.push(withAbsolutePaths(flags, cwd));
  layers.push(...asked);

  const given: TrainValues = Object.assign({}, ...layers);
  if (resume && !continued && given.data === undefined) {
    throw unusable(`There is no run to resume in ${outAsGiven}.`);
  }
  const config = resolveConfig(layers, presetFor(given));
  const nothingToResume = resume && !continued;
  const changes = asked.flatMap((layer) => Object.keys(layer).flatMap(engineNames));
  return { config, given, out: folder, outAsGiven, resume: continued, nothingToResume, changes, json, quiet };
}

/** What the engine calls an option that a run that goes on has otherwise than before. */
function engineNames(name: string): string[] {
  switch (name) {
    case 'backboneLearningRate':
    case 'layerDecay':
      return ['groups'];
    case 'device':
      return ['device', 'precision'];
    case 'val':
    case 'root':
      return ['data'];
    default:
      return [name];
  }
}

/** The drawn set wants other settings than photographs; random weights on it want still others. */
export function presetFor({ data, weights }: TrainValues): TrainValues {
  if (data !== undefined) return {};
  return weights === 'none' ? { ...demoPreset, ...randomWeightsPreset } : demoPreset;
}
