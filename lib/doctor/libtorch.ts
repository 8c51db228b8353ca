import path from 'node:path';
import { ThawError } from '../errors.ts';
import { hasNvidiaDriver } from '../libtorch/driver.ts';
import { inspectLibtorch, type Libtorch } from '../libtorch/inspect.ts';
import { cachedLibtorchs, namedFolder, pythonPackage } from '../libtorch/sources.ts';
import { isAcceptedLibtorch, PINNED_LIBTORCH } from '../libtorch/version.ts';
import { readState } from '../setup/state.ts';
import { commandHere } from '../system/command-here.ts';
import type { Environment } from '../system/environment.ts';
import { type Fact, missing, ok, warn } from './fact.ts';

/** The libtorch that the addon is linked to. */
export async function libtorchFacts(root: string, env: Environment): Promise<Fact[]> {
  const name = 'libtorch';
  const setup = commandHere('setup', root);
  const found = inspectLibtorch(path.join(root, 'libtorch'));
  if (!found) return [missing(name, 'not set up', `\`${setup}\` finds or fetches it`)];
  const state = readState(path.join(root, 'build'))?.libtorch;
  const source = state ? `, from ${state.source}: ${state.path}` : '';
  const detail = describe(found) + source;
  if (!isAcceptedLibtorch(found.version))
    return [missing(name, detail, `\`${setup}\` with another libtorch`)];
  if (!found.cuda && (await hasNvidiaDriver(env))) {
    return [
      warn(
        name,
        detail,
        `an NVIDIA driver is here: \`${commandHere('setup --cuda', root)}\` takes the CUDA build`,
      ),
    ];
  }
  return [ok(name, detail)];
}

/** What each place offers where a setup would look; nothing is fetched for this. */
export async function sourceFacts(env: Environment): Promise<Fact[]> {
  const search = { version: PINNED_LIBTORCH, cuda: false, env, say: () => undefined };
  const facts: Fact[] = [];
  for (const source of [namedFolder, pythonPackage]) {
    const name = source.name;
    try {
      const answer = await source.find(search);
      facts.push(ok(name, 'reason' in answer ? answer.reason : `${describe(answer)}: ${answer.path}`));
    } catch (error) {
      if (!(error instanceof ThawError)) throw error;
      facts.push(missing(name, error.message, 'set it to another folder, or unset it'));
    }
  }
  const cached = cachedLibtorchs(env).map(describe);
  facts.push(ok('libtorch cache', cached.join(', ') || 'empty'));
  return facts;
}

function describe({ version, cuda }: Libtorch): string {
  return `${version} (${cuda ? 'CUDA' : 'CPU'} build)`;
}
