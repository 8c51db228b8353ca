/**
 * `npm run sanitize -- address|thread [TEST...]`: the engine's tests with AddressSanitizer and UndefinedBehaviorSanitizer, or
 * with ThreadSanitizer, in a build folder of their own. Only the engine is instrumented; libtorch is as it is.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../lib/files/package-root.ts';

const [kind = '', ...chosen] = process.argv.slice(2);
/** What is passed over, each with its reason; nothing of ours is. */
const options: Record<string, Record<string, string>> = {
  address: {
    // libtorch and libvips keep what they have made until the process ends.
    ASAN_OPTIONS: 'detect_leaks=0:strict_string_checks=1',
    UBSAN_OPTIONS: 'halt_on_error=1:print_stacktrace=1',
  },
  thread: {
    // What libtorch, libgomp and libvips do among themselves cannot be seen: they are not instrumented.
    TSAN_OPTIONS: 'ignore_noninstrumented_modules=1:halt_on_error=1:second_deadlock_stack=1',
    // libgomp's barriers are none to the sanitizer: work that was handed over by them would look unordered.
    OMP_NUM_THREADS: '1',
  },
};
const environment = options[kind];
if (!environment) {
  console.error('Expected address or thread: npm run sanitize -- thread train_resume');
  process.exit(2);
}

const root = packageRoot();
const build = join(root, `build-${kind}`);
const run = (command: string, args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(command, args, { stdio: 'inherit', cwd: root, env: { ...process.env, ...env } }).status ?? 1;

const configure = [
  '-S',
  root,
  '-B',
  build,
  '-DTHAW_TESTS=ON',
  `-DTHAW_SANITIZE=${kind}`,
  '-DCMAKE_BUILD_TYPE=Release',
];
if (run('cmake', configure) !== 0) process.exit(1);
const names =
  chosen.length > 0
    ? chosen.map((name) => `${name}_test`)
    : readdirSync(join(root, 'test', 'engine'))
        .filter((name) => name.endsWith('_test.cc'))
        .map((name) => name.slice(0, -'.cc'.length));
if (run('cmake', ['--build', build, '--target', ...names]) !== 0) process.exit(1);
const failed = names.filter((name) => {
  const program = join(build, 'test', 'engine', name);
  console.log(`== ${name}`);
  return !existsSync(program) || run(program, [], environment) !== 0;
});
console.log(
  failed.length === 0 ? `${names.length} test programs are clean` : `not clean: ${failed.join(', ')}`,
);
process.exitCode = failed.length === 0 ? 0 : 1;
