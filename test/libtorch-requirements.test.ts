import os from 'node:os';
import { expect, test } from '@jest/globals';
import { markerHolds } from '../lib/libtorch/marker.ts';
import { cudaRequirements } from '../lib/libtorch/requirements.ts';

const machine = os.machine();

test.each([
  ['', true],
  ['platform_system == "Linux"', true],
  ["sys_platform == 'win32'", false],
  ["'linux' == sys_platform", true],
  ['platform_system != "Linux"', false],
  [`platform_machine == '${machine}'`, true],
  ["platform_machine == 'other'", false],
  ['python_version < "3.15"', true],
  ['extra == "all"', false],
  ['extra == "cublas"', true],
  ["sys_platform == 'win32' and extra == 'cublas' or extra == 'cublas'", true],
  ["sys_platform == 'win32' and (extra == 'cublas' or extra == 'cublas')", false],
  [
    `(sys_platform == 'linux' and platform_machine == '${machine}' or sys_platform == 'win32') and extra == 'cufft'`,
    false,
  ],
])('marker %p holds: %p', (marker, holds) => {
  expect(markerHolds(marker, new Set(['cublas']))).toBe(holds);
});

test('of a wheel of torch only what CUDA needs is taken', () => {
  const metadata = [
    'Metadata-Version: 2.1',
    'Name: torch',
    'Requires-Dist: filelock',
    'Requires-Dist: cuda-toolkit[cublas,cudart]==13.0.3; platform_system == "Linux"',
    'Requires-Dist: cuda-bindings<14,>=13.0.3; platform_system == "Linux"',
    'Requires-Dist: nvidia-cudnn-cu13==9.24.0.43; platform_system == "Linux"',
    'Requires-Dist: nvidia_nccl_cu13 (==2.30.7)',
    'Requires-Dist: nvidia-only-there==1; platform_system == "Windows"',
    'Requires-Dist: triton~=3.8.0; platform_system == "Linux"',
    '',
    'Requires-Dist: nvidia-in-the-description==1',
  ].join('\n');
  expect(cudaRequirements(metadata)).toEqual([
    { name: 'cuda-toolkit', specifier: '==13.0.3', extras: ['cublas', 'cudart'] },
    { name: 'nvidia-cudnn-cu13', specifier: '==9.24.0.43', extras: [] },
    { name: 'nvidia-nccl-cu13', specifier: '==2.30.7', extras: [] },
  ]);
});

test('a metapackage names the wheels of the extras that were asked for', () => {
  const metadata = [
    "Requires-Dist: nvidia-cublas==13.1.1.3.*; (sys_platform == 'linux' or sys_platform == 'win32') and extra == 'cublas'",
    "Requires-Dist: nvidia-cufft==12.0.0.61.*; sys_platform == 'linux' and extra == 'cufft'",
    "Requires-Dist: nvidia-nvjitlink<14,>=13.0.88; sys_platform == 'linux' and extra == 'cublas'",
  ].join('\r\n');
  expect(cudaRequirements(metadata, ['cublas']).map(({ name, specifier }) => name + specifier)).toEqual([
    'nvidia-cublas==13.1.1.3.*',
    'nvidia-nvjitlink<14,>=13.0.88',
  ]);
});
