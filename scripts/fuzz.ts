/**
 * `npm run fuzz -- [TARGET | all] [SECONDS]`: feeds damaged files to the readers of weight files, each for
 * SECONDS (default 300) under AddressSanitizer and UBSan. What is learnt stays in build-fuzz/corpus for the next
 * time; an input that breaks a reader is left in build-fuzz/found. Needs clang with libFuzzer.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { linkName } from '../lib/setup/link.ts';
import { requireBuildTools } from '../lib/setup/tools.ts';
import { which } from '../lib/system/which.ts';
import { oneOf, positiveInteger } from '../lib/validate.ts';

const NEWEST_CLANG = 22;
const OLDEST_CLANG = 14;
const LIMITS = ['-timeout=10', '-rss_limit_mb=2048', '-malloc_limit_mb=512', '-max_len=65536'];

const root = packageRoot();
const build = path.join(root, 'build-fuzz');
const programs = path.join(build, 'test', 'fuzz');

function findClang(): string {
  const versions = Array.from({ length: NEWEST_CLANG - OLDEST_CLANG + 1 }, (_, i) => NEWEST_CLANG - i);
  for (const name of ['clang++', ...versions.map((version) => `clang++-${version}`)]) {
    const file = which(name, process.env);
    if (file) return file;
  }
  throw new ThawError(
    'ERR_TOOL_MISSING',
    `Fuzzing needs clang with libFuzzer: install with \`apt-get install clang-${OLDEST_CLANG} libclang-rt-${OLDEST_CLANG}-dev\` and try again.`,
  );
}

function run(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { cwd: root, stdio: 'inherit' }).status === 0;
}

async function buildTargets(): Promise<void> {
  const { generator } = await requireBuildTools(process.env);
  const options = [
    '-DTHAW_FUZZ=ON',
    `-DLIBTORCH=${realpathSync(path.join(root, linkName('build')))}`,
    `-DCMAKE_CXX_COMPILER=${findClang()}`,
  ];
  const built =
    run('cmake', ['-G', generator, '-S', root, '-B', build, ...options]) &&
    run('cmake', ['--build', build, '--parallel', '2']);
  if (!built) throw new ThawError('ERR_BUILD', 'The fuzz targets do not build; the message stands above.');
}

function targets(): string[] {
  const sources = readdirSync(path.join(root, 'test', 'fuzz')).filter((name) => name.endsWith('.cc'));
  return sources.map((name) => path.basename(name, '.cc')).filter((name) => name !== 'seeds');
}

/** Whether the reader held. */
function fuzz(target: string, seconds: number): boolean {
  const corpus = path.join(build, 'corpus', target);
  const found = path.join(build, 'found');
  mkdirSync(found, { recursive: true });
  console.error(`${target}: ${seconds} s`);
  const options = [`-max_total_time=${seconds}`, `-artifact_prefix=${found}/${target}-`, ...LIMITS];
  return run(path.join(programs, `fuzz_${target}`), [
    ...options,
    '-verbosity=0',
    '-print_final_stats=1',
    corpus,
  ]);
}

async function main([name = 'all', time = '300']: readonly string[]): Promise<void> {
  const known = targets();
  oneOf('TARGET', name, ['all', ...known]);
  const seconds = positiveInteger('SECONDS', Number(time));
  await buildTargets();
  if (!run(path.join(programs, 'fuzz_seeds'), [path.join(build, 'corpus')])) {
    throw new ThawError('ERR_FUZZ', 'A file that should be right was refused; the message stands above.');
  }
  const broken = known.filter((target) => (name === 'all' || name === target) && !fuzz(target, seconds));
  if (broken.length > 0) {
    throw new ThawError('ERR_FUZZ', `Broken: ${broken.join(', ')}; the inputs are in ${build}/found.`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof ThawError)) throw error;
  console.error(`thaw fuzz: ${error.message} [${error.code}]`);
  process.exitCode = error.code === 'ERR_INVALID_ARGUMENT' ? 2 : 1;
}
