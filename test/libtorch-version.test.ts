import path from 'node:path';
import { expect, test } from '@jest/globals';
import { inspectLibtorch } from '../lib/libtorch/inspect.ts';
import {
  isAcceptedLibtorch,
  PINNED_LIBTORCH,
  release,
  requireAcceptedLibtorch,
} from '../lib/libtorch/version.ts';
import { temporaryFolder, writeTree } from './support/folders.ts';

const folder = temporaryFolder();
const LIBRARIES = { 'include/ATen/ATen.h': '', 'lib/libtorch_cpu.so': '' };

test.each(['2.10.1', '2.15.0', '1.13.0', '3.11.0', 'main', ''])('%p is refused by name', (version) => {
  expect(isAcceptedLibtorch(version)).toBe(false);
  expect(() => requireAcceptedLibtorch(version, 'in a test')).toThrow(
    expect.objectContaining({
      code: 'ERR_LIBTORCH_VERSION',
      message: `libtorch ${version} (in a test) is refused: thaw takes 2.11 to 2.14, best ${PINNED_LIBTORCH}.`,
    }),
  );
});

test.each(['2.11.0', '2.13.0+cpu', '2.14.1+cu130', '2.14.0a0+gitcf30153', PINNED_LIBTORCH])(
  '%p is accepted',
  (version) => {
    expect(isAcceptedLibtorch(version)).toBe(true);
  },
);

test('the release is the version without the label of its build', () => {
  expect(release('2.13.0+cpu')).toBe('2.13.0');
  expect(release('2.13.0')).toBe('2.13.0');
});

test('a folder that lacks headers, libraries or a version is no libtorch', () => {
  const whole = { ...LIBRARIES, 'build-version': '2.13.0+cpu\n' };
  for (const without of Object.keys(whole)) {
    const files = Object.entries(whole).filter(([name]) => name !== without);
    const place = writeTree(
      path.join(folder, `without-${path.basename(without)}`),
      Object.fromEntries(files),
    );
    expect(inspectLibtorch(place)).toBeUndefined();
  }
  expect(inspectLibtorch(path.join(folder, 'nowhere'))).toBeUndefined();
});

test.each([
  ['version.py', "__all__ = ['__version__']\n__version__ = '2.14.1+cu130'\n", '2.14.1+cu130'],
  ['build-version', '2.13.0+cpu\n', '2.13.0+cpu'],
  ['include/torch/headeronly/version.h', '#define TORCH_VERSION "2.12.0"\n', '2.12.0'],
  [
    'include/torch/csrc/api/include/torch/version.h',
    '#pragma once\n#define TORCH_VERSION "2.11.0"\n',
    '2.11.0',
  ],
])('the version is read from %s', (file, content, version) => {
  const place = writeTree(path.join(folder, version), { ...LIBRARIES, [file]: content });
  expect(inspectLibtorch(place)).toEqual({ path: place, version, cuda: false });
});

test('libtorch_cuda.so makes it a CUDA build', () => {
  const place = writeTree(path.join(folder, 'cuda'), {
    ...LIBRARIES,
    'lib/libtorch_cuda.so': '',
    'build-version': '2.13.0',
  });
  expect(inspectLibtorch(place)?.cuda).toBe(true);
});
