import { existsSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../files/cache.ts';
import type { Environment } from '../system/environment.ts';
import { type Architecture, catalogue, type WeightsVersion, weightsFile } from './catalogue.ts';

/** The files of one entry of the catalogue in the cache, whether there or not. */
export interface WeightsPlace {
  /** The state dict as torchvision gives it. */
  readonly pth: string;
  /** The same network as TorchScript. */
  readonly torchscript: string;
  /** The SHA-256 of the state dict that was accepted. */
  readonly digest: string;
}

export function weightsFolder(env: Environment = process.env): string {
  return path.join(cacheFolder(env), 'weights');
}

export function weightsPlace(
  architecture: Architecture,
  version: WeightsVersion = 'V1',
  folder: string = weightsFolder(),
): WeightsPlace {
  const pth = path.join(folder, weightsFile(architecture, version));
  return { pth, torchscript: pth.replace(/\.pth$/, '.pt'), digest: `${pth}.sha256` };
}

/** The ImageNet weights in the cache: the TorchScript file, else the state dict, else undefined. */
export function cachedWeights(
  architecture: Architecture,
  version: WeightsVersion = 'V1',
  env: Environment = process.env,
): string | undefined {
  const { torchscript, pth } = weightsPlace(architecture, version, weightsFolder(env));
  return [torchscript, pth].find((file) => existsSync(file));
}

/** Every weights file in the cache: `resnet50 V1` and its path. */
export function allCachedWeights(env: Environment = process.env): { name: string; file: string }[] {
  return catalogue().flatMap(({ architecture, version }) => {
    const file = cachedWeights(architecture, version, env);
    return file ? [{ name: `${architecture} ${version}`, file }] : [];
  });
}
