import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ThawError } from '../errors.ts';
import type { FoundLibtorch } from '../libtorch/find.ts';
import type { Environment } from '../system/environment.ts';
import { run } from '../system/run.ts';
import { fingerprint, programFact } from './fingerprint.ts';
import { linkName } from './link.ts';
import type { Reporter } from './reporter.ts';
import { findCompiler, requireBuildTools } from './tools.ts';

export interface NativeBuild {
  readonly root: string;
  readonly buildDir: string;
  readonly libtorch: FoundLibtorch;
  readonly tests: boolean;
  readonly env: Environment;
}

/** Files whose change asks for another build; the tests' own come on top. */
const INPUTS = [
  'CMakeLists.txt',
  'cmake',
  'binding',
  'node_modules/cmake-js/package.json',
  'node_modules/node-addon-api/package.json',
  'node_modules/@img/sharp-libvips-dev/package.json',
];

/** A hash of everything that the outcome of the build depends on. */
export function nativeFingerprint({ root, buildDir, libtorch, tests, env }: NativeBuild): string {
  const { path: folder, version, useCuda } = libtorch;
  const compiler = programFact(findCompiler(env));
  // cmake looks for libjpeg-turbo while it configures: its coming and going is a change.
  const jpeg = ['/usr/include/jpeglib.h', '/usr/local/include/jpeglib.h'].map((file) => existsSync(file));
  const facts = { root, buildDir, folder, version, useCuda, tests, compiler, jpeg, flags: env.CXXFLAGS };
  return fingerprint(root, tests ? [...INPUTS, 'test/engine'] : INPUTS, facts);
}

export function addonFile({ root, buildDir }: Pick<NativeBuild, 'root' | 'buildDir'>): string {
  return path.join(root, buildDir, 'Release', 'thaw.node');
}

/** Whether what the build makes is there. */
export function isBuilt(build: NativeBuild): boolean {
  const tests = path.join(build.root, build.buildDir, 'test', 'engine', 'CTestTestfile.cmake');
  return existsSync(addonFile(build)) && (!build.tests || existsSync(tests));
}

/**
 * Configures and builds with cmake-js, incrementally.
 *
 * @throws ThawError ERR_TOOL_MISSING; ERR_BUILD with the first error and the log's name.
 */
export async function buildNative(build: NativeBuild, reporter: Reporter): Promise<void> {
  const { root, buildDir, libtorch, tests, env } = build;
  const tools = await requireBuildTools(env);
  const folder = path.join(root, buildDir);
  const log = path.join(folder, 'setup.log');
  mkdirSync(folder, { recursive: true });
  writeFileSync(log, '');
  const common = ['--directory', root, '--out', folder, '--generator', tools.generator];
  const options = {
    LIBTORCH: libtorch.path,
    THAW_CUDA: libtorch.useCuda ? 'ON' : 'OFF',
    THAW_TESTS: tests ? 'ON' : 'OFF',
    THAW_LIBTORCH_LINK: linkName(buildDir),
  };
  const defines = Object.entries(options).map(([name, value]) => `--CD${name}=${value}`);
  const onLine = (line: string) => {
    const step = /^\[\s*(\d+\/\d+|\d+%)\]/.exec(line);
    if (step) reporter.progress(`Building the addon  ${step[1]}`);
  };
  for (const args of [
    ['configure', ...common, ...defines],
    ['build', ...common, ...defines, '--parallel', String(parallelJobs())],
  ]) {
    const command = path.join(root, 'node_modules', '.bin', 'cmake-js');
    const { status, missing, stdout, stderr } = await run(command, args, { env, cwd: root, log, onLine });
    reporter.clear();
    if (missing) throw new ThawError('ERR_TOOL_MISSING', 'cmake-js is missing: run `npm install` first.');
    if (status !== 0) throw buildFailed(stdout + stderr, log);
  }
}

/** A unit with libtorch's headers takes up to 2 GB to compile. */
function parallelJobs(): number {
  const memory = Math.min(os.totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(1, Math.min(os.availableParallelism(), Math.floor(memory / 2e9)));
}

function buildFailed(output: string, log: string): ThawError {
  if (/No space left on device/.test(output)) {
    return new ThawError('ERR_DISK_FULL', `The disk is full: the build needs about 1 GB beside ${log}.`);
  }
  const lines = output.split('\n').map((line) => line.trim());
  const at = lines.findIndex((line) => /\berror\b[:\s]|^CMake Error|Killed/i.test(line));
  // cmake tells where first and what on the lines below.
  const what = lines.slice(at, at + 4).filter((line) => line !== '');
  const first =
    at < 0 ? '' : ` (${(/^CMake Error/.test(lines[at] ?? '') ? what.join(' ') : lines[at]) ?? ''})`;
  return new ThawError('ERR_BUILD', `The native build failed${first}; all of its output is in ${log}.`);
}
