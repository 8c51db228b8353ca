import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { parseSetupArguments } from '../lib/setup/arguments.ts';
import { fingerprint } from '../lib/setup/fingerprint.ts';
import { link, linkName } from '../lib/setup/link.ts';
import { nativeFingerprint } from '../lib/setup/native.ts';
import { usePrebuilt } from '../lib/setup/prebuilt.ts';
import { Reporter } from '../lib/setup/reporter.ts';
import { setup } from '../lib/setup/setup.ts';
import { readState, writeState } from '../lib/setup/state.ts';
import { requireBuildTools } from '../lib/setup/tools.ts';
import { temporaryFolder, writeTree } from './support/folders.ts';

const folder = temporaryFolder();
let root = '';
let count = 0;
beforeEach(() => {
  root = path.join(folder, String(count++));
  mkdirSync(root);
});

test.each([
  [['--cpu', '--cuda'], 'ERR_INVALID_ARGUMENT', '--cpu and --cuda exclude each other.'],
  [['--bogus'], 'ERR_UNKNOWN_OPTION', 'Unknown option --bogus for thaw setup.'],
  [
    ['--build-dir', '../elsewhere'],
    'ERR_INVALID_ARGUMENT',
    "Expected a folder name inside the package for --build-dir but received '../elsewhere' of type string.",
  ],
  [['stray'], 'ERR_INVALID_ARGUMENT', expect.stringContaining("'stray'")],
])('arguments %j are refused', (argv, code, message) => {
  expect(() => parseSetupArguments(argv)).toThrow(expect.objectContaining({ code, message }));
});

test('what is not given is left to the last setup', () => {
  expect(parseSetupArguments([])).toEqual({
    variant: undefined,
    version: undefined,
    buildDir: 'build',
    tests: false,
    quiet: false,
  });
  expect(
    parseSetupArguments(['--cuda', '--libtorch-version', '2.14.1', '--build-dir', 'build-cuda']),
  ).toMatchObject({
    variant: 'cuda',
    version: '2.14.1',
    buildDir: 'build-cuda',
  });
  expect(parseSetupArguments(['-h'])).toBe('help');
});

test('missing tools are named together, with the command that installs them', async () => {
  await expect(requireBuildTools({ PATH: root })).rejects.toMatchObject({
    code: 'ERR_TOOL_MISSING',
    message: 'The build needs cmake, g++, make: install with `apt-get install cmake g++ make` and try again.',
  });
});

test('a fingerprint follows content, names and facts, but not times', () => {
  writeTree(root, { 'src/a.cc': 'a', 'src/deep/b.cc': 'b' });
  const before = fingerprint(root, ['src', 'absent'], { cuda: false });
  utimesSync(path.join(root, 'src/a.cc'), 1, 1);
  expect(fingerprint(root, ['src', 'absent'], { cuda: false })).toBe(before);
  const seen = new Set([before, fingerprint(root, ['src', 'absent'], { cuda: true })]);
  for (const files of [{ 'src/a.cc': 'c' }, { 'src/new.cc': '' }, { absent: '' }]) {
    writeTree(root, files as Record<string, string>);
    seen.add(fingerprint(root, ['src', 'absent'], { cuda: false }));
  }
  expect(seen.size).toBe(5);
});

test('the native fingerprint follows libtorch and the options; tests count only where they are built', () => {
  writeTree(root, { 'CMakeLists.txt': '', 'binding/a.cc': '' });
  const libtorch = { path: '/x', version: '2.13.0', cuda: false, source: 'cache', useCuda: false };
  const build = { root, buildDir: 'build', libtorch, tests: false, env: {} };
  const before = nativeFingerprint(build);
  writeTree(root, { 'test/engine/a_test.cc': '' });
  expect(nativeFingerprint(build)).toBe(before);
  const others = [
    { ...build, tests: true },
    { ...build, buildDir: 'other' },
    { ...build, libtorch: { ...libtorch, path: '/y' } },
    { ...build, libtorch: { ...libtorch, version: '2.14.1' } },
    { ...build, libtorch: { ...libtorch, useCuda: true } },
    { ...build, env: { CXXFLAGS: '-O1' } },
  ].map(nativeFingerprint);
  expect(new Set([before, ...others]).size).toBe(7);
});

test('the state is read back, and anything unreadable counts as none', async () => {
  expect(readState(root)).toBeUndefined();
  writeTree(root, { 'thaw-setup.json': '{ "half": ' });
  expect(readState(root)).toBeUndefined();
  const libtorch = { path: '/x', version: '2.13.0', cuda: false, source: 'pip', useCuda: false };
  const state = {
    variant: 'auto',
    pinned: '2.13.0',
    driver: false,
    libtorch,
    tests: true,
    native: 'abc',
  } as const;
  await writeState(root, state);
  expect(readState(root)).toEqual(state);
});

test('each build folder has its own link to libtorch', () => {
  expect(['build', 'build-cuda', 'trial'].map(linkName)).toEqual([
    'libtorch',
    'libtorch-cuda',
    'libtorch-trial',
  ]);
  const file = path.join(root, 'libtorch');
  link(file, '/one');
  link(file, '/two');
  expect(readlinkSync(file)).toBe('/two');
  const taken = path.join(root, 'taken');
  writeFileSync(taken, 'mine');
  expect(() => link(taken, '/one')).toThrow(expect.objectContaining({ code: 'ERR_SETUP' }));
  expect(readFileSync(taken, 'utf8')).toBe('mine');
});

/** The files of an installed package: prebuilt addons, no sources, no development packages. */
function installedPackage() {
  writeTree(root, {
    [`prebuilds/linux-${process.arch}/thaw.cpu.node`]: 'cpu addon',
    'torch/include/ATen/ATen.h': '',
    'torch/lib/libtorch_cpu.so': '',
    'torch/build-version': '2.13.0+cpu',
  });
  return { PATH: process.env.PATH, LIBTORCH: path.join(root, 'torch'), THAW_CACHE: path.join(root, 'cache') };
}

const wanted = { variant: 'cpu', version: undefined, buildDir: 'build', tests: false, quiet: true } as const;

test('an installed package needs no build: its prebuilt addon is chosen and libtorch linked', async () => {
  const env = installedPackage();
  await setup(root, wanted, env);
  expect(readFileSync(path.join(root, 'build/Release/thaw.node'), 'utf8')).toBe('cpu addon');
  expect(lstatSync(path.join(root, 'libtorch')).isSymbolicLink()).toBe(true);
  expect(usePrebuilt(root, 'build', true)).toBe(false);
  // The second time LIBTORCH need not be named again.
  await setup(root, wanted, { ...env, LIBTORCH: undefined });
  expect(readState(path.join(root, 'build'))?.libtorch).toMatchObject({
    source: 'LIBTORCH',
    version: '2.13.0+cpu',
  });
});

test('without cmake-js and without a prebuilt addon the error says what to run', async () => {
  const env = installedPackage();
  rmSync(path.join(root, 'prebuilds'), { recursive: true });
  const said: string[] = [];
  const reporter = new Reporter(true, { write: (text) => said.push(text) });
  await expect(setup(root, wanted, env, reporter)).rejects.toMatchObject({
    code: 'ERR_TOOL_MISSING',
    message: 'cmake-js is missing: run `npm install` first.',
  });
  expect(said.join('')).toContain('Building the addon');
  expect(existsSync(path.join(root, 'build/Release/thaw.node'))).toBe(false);
});
