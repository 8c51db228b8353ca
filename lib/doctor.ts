import { addonFacts, type NativeFacts } from './doctor/addon.ts';
import type { Fact } from './doctor/fact.ts';
import { libtorchFacts, sourceFacts } from './doctor/libtorch.ts';
import { toolFacts } from './doctor/tools.ts';
import { weightsFacts } from './doctor/weights.ts';
import { packageRoot } from './files/package-root.ts';
import type { Environment } from './system/environment.ts';

export type { NativeFacts } from './doctor/addon.ts';
export type { Fact } from './doctor/fact.ts';
export { formatDoctor } from './doctor/format.ts';

export interface DoctorOptions {
  readonly env?: Environment;
  readonly root?: string;
}

/**
 * What is there of all that the package needs, and what to do about what is missing. Changes and fetches
 * nothing. `native` is the addon's `info`; it is called to see whether the addon loads.
 */
export async function runDoctor(
  native?: () => NativeFacts | Promise<NativeFacts>,
  { env = process.env, root = packageRoot() }: DoctorOptions = {},
): Promise<Fact[]> {
  const [tools, libtorch, sources, addon] = await Promise.all([
    toolFacts(env),
    libtorchFacts(root, env),
    sourceFacts(env),
    addonFacts(root, native),
  ]);
  return [...tools, ...libtorch, ...sources, ...addon, ...weightsFacts(env)];
}
