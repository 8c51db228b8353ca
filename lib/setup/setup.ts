import { existsSync } from 'node:fs';
import path from 'node:path';
import { describeProgress } from '../files/progress.ts';
import { hasNvidiaDriver } from '../libtorch/driver.ts';
import { type FoundLibtorch, findLibtorch } from '../libtorch/find.ts';
import { inspectLibtorch } from '../libtorch/inspect.ts';
import { PINNED_LIBTORCH } from '../libtorch/version.ts';
import type { Environment } from '../system/environment.ts';
import { withLock } from '../system/lock.ts';
import type { SetupArguments } from './arguments.ts';
import { link, linkName } from './link.ts';
import { buildNative, isBuilt, nativeFingerprint } from './native.ts';
import { usePrebuilt } from './prebuilt.ts';
import { Reporter } from './reporter.ts';
import { readState, type SetupState, writeState } from './state.ts';
import { buildTypeScript } from './typescript.ts';

/**
 * Everything between `npm install` and a working package: libtorch, the link to it, the addon, dist/. What
 * is done already is recognised and not done again. One setup at a time in one package.
 */
export async function setup(
  root: string,
  wanted: SetupArguments,
  env: Environment,
  reporter: Reporter = new Reporter(wanted.quiet),
): Promise<void> {
  const onWait = () => reporter.say('Another setup is at work in this folder: waiting for it');
  await withLock(root, () => setupAlone(root, wanted, env, reporter), { onWait });
}

async function setupAlone(root: string, wanted: SetupArguments, env: Environment, reporter: Reporter) {
  const began = performance.now();
  const { buildDir } = wanted;
  const folder = path.join(root, buildDir);
  const before = readState(folder);
  const state = await chooseLibtorch(wanted, before, env, reporter);
  const { libtorch } = state;
  reporter.note(
    `libtorch ${libtorch.version} for ${libtorch.useCuda ? 'CUDA' : 'CPU'} (${libtorch.source}): ${libtorch.path}`,
  );
  link(path.join(root, linkName(buildDir)), libtorch.path);

  if (usePrebuilt(root, buildDir, libtorch.useCuda)) {
    await writeState(folder, state);
  } else {
    await bringNativeUpToDate(root, state, before, env, reporter, buildDir);
  }
  await buildTypeScript(root, env, reporter);
  reporter.note(`Ready (${((performance.now() - began) / 1000).toFixed(1)} s)`);
}

async function bringNativeUpToDate(
  root: string,
  state: SetupState,
  before: SetupState | undefined,
  env: Environment,
  reporter: Reporter,
  buildDir: string,
) {
  const folder = path.join(root, buildDir);
  const build = { root, buildDir, libtorch: state.libtorch, tests: state.tests, env };
  const native = nativeFingerprint(build);
  if (before?.native !== native || !isBuilt(build)) {
    // Without a fingerprint until it has succeeded: an interrupted build is taken up again.
    await writeState(folder, state);
    reporter.say(
      `Building the addon in ${folder}${hasObjects(folder) ? '' : ' (some minutes the first time)'}`,
    );
    await buildNative(build, reporter);
  }
  await writeState(folder, { ...state, native });
}

function hasObjects(folder: string): boolean {
  return existsSync(path.join(folder, 'CMakeCache.txt'));
}

/** Keeps to the libtorch of the last time as long as it is there and nothing else is asked for. */
async function chooseLibtorch(
  wanted: SetupArguments,
  before: SetupState | undefined,
  env: Environment,
  reporter: Reporter,
): Promise<SetupState> {
  const variant = wanted.variant ?? before?.variant ?? 'auto';
  const version = wanted.version ?? before?.version;
  const driver = await hasNvidiaDriver(env);
  const request = {
    variant,
    version,
    pinned: PINNED_LIBTORCH,
    driver,
    tests: wanted.tests || !!before?.tests,
  };
  if (before && keeps(before, request, env)) return { ...request, libtorch: before.libtorch };
  const libtorch: FoundLibtorch = await findLibtorch({
    variant,
    version,
    driver,
    env,
    say: reporter.say,
    onProgress: (progress) => reporter.progress(describeProgress('libtorch', progress)),
  });
  reporter.clear();
  return { ...request, libtorch };
}

function keeps(before: SetupState, request: Omit<SetupState, 'libtorch'>, env: Environment): boolean {
  const { libtorch } = before;
  if (before.variant !== request.variant || before.version !== request.version) return false;
  if (before.pinned !== request.pinned && request.version === undefined) return false;
  if (before.driver !== request.driver && request.variant === 'auto') return false;
  if (env.LIBTORCH && path.resolve(env.LIBTORCH) !== libtorch.path) return false;
  return inspectLibtorch(libtorch.path)?.version === libtorch.version;
}
