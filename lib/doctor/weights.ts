import { commandHere } from '../system/command-here.ts';
import type { Environment } from '../system/environment.ts';

import { allCachedWeights, weightsFolder } from '../weights/cached.ts';
import { type Fact, ok, warn } from './fact.ts';

/** The ImageNet weights in the cache. */
export function weightsFacts(env: Environment): Fact[] {
  const found = allCachedWeights(env);
  if (found.length > 0) return [ok('weights', found.map(({ name, file }) => `${name}: ${file}`).join('; '))];
  return [
    warn(
      'weights',
      `no ImageNet weights in ${weightsFolder(env)}`,
      `\`${commandHere('fetch-weights')}\` fetches them, \`${commandHere('fetch-weights --from FILE')}\` takes a file brought by hand`,
    ),
  ];
}
