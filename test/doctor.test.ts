import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { type Fact, formatDoctor, runDoctor } from '../lib/doctor.ts';
import { temporaryFolder, writeTree } from './support/folders.ts';

const folder = temporaryFolder();
let root = '';
let count = 0;
beforeEach(() => {
  root = path.join(folder, String(count++));
  mkdirSync(root);
});

const native = {
  libtorch: '2.13.0',
  cpuCapability: 'AVX512',
  cpuBfloat16: true,
  threads: 2,
  cudaBuilt: false,
  cuda: '',
  cudnn: '',
  gpus: [],
  libjpeg: '2.1.5',
  libvips: '8.18.0',
  imageFormats: ['JPEG', 'PNG'],
};

const named = (report: readonly Fact[], name: string) => report.find((fact) => fact.name === name);

test('on a bare machine everything that is missing has its advice', async () => {
  const report = await runDoctor(undefined, { root, env: { PATH: root, THAW_CACHE: root, LIBTORCH: root } });
  const open = report.filter(({ status }) => status !== 'ok');
  expect(open.map(({ name }) => name)).toEqual([
    'C++ compiler',
    'cmake',
    'Python',
    'libtorch',
    'LIBTORCH',
    'addon',
    'weights',
  ]);
  for (const { advice } of open) expect(advice).toBeTruthy();
  expect(formatDoctor(report)).toContain('3 missing: do what stands after the arrows.');
});

test('an addon that does not load is reported with the reason, not thrown', async () => {
  writeTree(root, { 'build/Release/thaw.node': 'broken' });
  const failing = () => {
    throw new Error('libtorch_cpu.so: cannot open shared object file\n    at somewhere');
  };
  const report = await runDoctor(failing, { root, env: { PATH: root, THAW_CACHE: root } });
  expect(named(report, 'addon')).toMatchObject({
    status: 'missing',
    detail: 'does not load: libtorch_cpu.so: cannot open shared object file',
  });
});

test('what is there is told: libtorch, its source, the addon, image libraries, weights', async () => {
  writeTree(root, {
    'build/Release/thaw.node': '',
    'libtorch/include/ATen/ATen.h': '',
    'libtorch/lib/libtorch_cpu.so': '',
    'libtorch/build-version': '2.13.0+cpu',
    'build/thaw-setup.json': '{ "libtorch": { "path": "/the/cache/torch", "source": "pip" } }',
    'weights/resnet50-0676ba61.pth': '',
  });
  const report = await runDoctor(() => native, { root, env: { ...process.env, THAW_CACHE: root } });
  expect(named(report, 'libtorch')?.detail).toBe('2.13.0+cpu (CPU build), from pip: /the/cache/torch');
  expect(named(report, 'CPU')?.detail).toBe('AVX512, bfloat16 in hardware, 2 threads');
  expect(named(report, 'CUDA')).toMatchObject({ status: 'ok', detail: 'not in this build' });
  expect(named(report, 'libvips')?.detail).toContain('8.18.0');
  expect(named(report, 'weights')?.detail).toBe(`resnet50 V1: ${root}/weights/resnet50-0676ba61.pth`);
});

test('a CUDA build without a GPU, and missing image libraries, are warned about', async () => {
  writeTree(root, { 'build/Release/thaw.node': '' });
  const poor = { ...native, cudaBuilt: true, cuda: '13.0', cudnn: '9.24', libjpeg: '', libvips: '' };
  const report = await runDoctor(async () => poor, { root, env: { PATH: root, THAW_CACHE: root } });
  for (const name of ['CUDA', 'libvips', 'libjpeg-turbo']) expect(named(report, name)?.status).toBe('warn');
});

test('the text has one line a fact, the advice below it, and a verdict', () => {
  const report: Fact[] = [
    { name: 'Node', status: 'ok', detail: '20.20.2' },
    { name: 'libtorch', status: 'missing', detail: 'not set up', advice: 'run setup' },
  ];
  expect(formatDoctor(report)).toBe(
    [
      'ok  Node      20.20.2',
      ' x  libtorch  not set up',
      '              -> run setup',
      '',
      '1 missing: do what stands after the arrows.',
      '',
    ].join('\n'),
  );
  expect(formatDoctor(report.slice(0, 1))).toContain('All is well.');
});
