/**
 * `npm run sanitize -- address|thread [TEST...]`: the engine's tests (all, or those of these names: `train_resume`) with
 * AddressSanitizer and UndefinedBehaviorSanitizer, or with ThreadSanitizer, in a build folder of their own. Only the engine is
 * instrumented; libtorch is as it is.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { ThawError } from '../lib/errors.ts';
import { packageRoot } from '../lib/files/package-root.ts';
import { linkName } from '../lib/setup/link.ts';
import { requireBuildTools } from '../lib/setup/tools.ts';
import { oneOf } from '../lib/validate.ts';

/** What is passed over, each with its reason: nothing of ours. */
const environments = {
  address: {
    // libtorch and libvips keep what they have made until the process ends.
    ASAN_OPTIONS: 'detect_leaks=0:strict_string_checks=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  },
  thread: {
    // What libtorch, libgomp and libvips do among themselves cannot be seen: they are not instrumented.
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:halt_on_error=1:second_deadlock_stack=1',
    // The sanitizer does not know libgomp's barriers: what is handed over by them would look unordered.
    OMP_NUM_THREADS: '1',
  },
} as const;

const root = packageRoot();
const [given, ...chosen] = process.argv.slice(2);
const kind = oneOf('the sanitizer', given, ['address', 'thread'] as const);
const build = path.join(root, `build-${kind}`);

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): boolean {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } } as const;
  return spawnSync(command, args, options).status === 0;
}

const all = readdirSync(path.join(root, 'test', 'engine')).flatMap(
  (file) => /^(.+)_test\.cc$/.exec(file)?.[1] ?? [],
);
const names = chosen.length > 0 ? chosen.map((name) => oneOf('the test', name, all)) : all;
const { generator } = await requireBuildTools(process.env);
const libtorch = realpathSync(path.join(root, linkName('build')));
const options = [`-DLIBTORCH=${libtorch}`, '-DTHAW_TESTS=ON', `-DTHAW_SANITIZE=${kind}`];
const built =
  run('cmake', ['-G', generator, '-S', root, '-B', build, ...options]) &&
  run('cmake', ['--build', build, '--parallel', '2', '--target', ...names.map((name) => `${name}_test`)]);
if (!built) throw new ThawError('ERR_BUILD', 'The tests do not build; the message stands above.');

const broken = names.filter((name) => {
  console.error(`== ${name}`);
  return !run(path.join(build, 'test', 'engine', `${name}_test`), [], environments[kind]);
});
console.error(
  broken.length === 0 ? `clean: ${names.length} test programs` : `not clean: ${broken.join(', ')}`,
);
process.exitCode = broken.length === 0 ? 0 : 1;
