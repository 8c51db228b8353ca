import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { type FindOptions, findLibtorch } from '../lib/libtorch/find.ts';
import { PINNED_LIBTORCH } from '../lib/libtorch/version.ts';
import { fakePython, packZip } from './support/fake-pip.ts';
import { fileServer } from './support/file-server.ts';
import { temporaryFolder, writeTree } from './support/folders.ts';

const folder = temporaryFolder();
let root = '';
let count = 0;
beforeEach(() => {
  root = path.join(folder, String(count++));
});

/** The files of a libtorch below `top`. */
function libtorchFiles(top: string, version: string, cuda = false): Record<string, string> {
  return {
    [`${top}/include/ATen/ATen.h`]: '',
    [`${top}/lib/libtorch_cpu.so`]: 'cpu',
    [`${top}/lib/libtorch_python.so`]: 'python',
    [`${top}/share/cmake/Torch/TorchConfig.cmake`]: '',
    [`${top}/version.py`]: `__version__ = '${version}'\n`,
    [`${top}/nn/modules/module.py`]: 'import this',
    ...(cuda ? { [`${top}/lib/libtorch_cuda.so`]: 'cuda' } : {}),
  };
}

function wheel(
  wheels: string,
  name: string,
  version: string,
  files: Record<string, string>,
  requires: string[] = [],
) {
  const tree = path.join(root, 'trees', name);
  const metadata = [
    'Metadata-Version: 2.1',
    ...requires.map((line) => `Requires-Dist: ${line}`),
    '',
    'text',
  ].join('\n');
  writeTree(tree, { ...files, [`${name}-${version}.dist-info/METADATA`]: metadata });
  packZip(path.join(wheels, `${name}-${version}-py3-none-any.whl`), tree);
}

function options(
  env: Record<string, string>,
  more: Partial<FindOptions> = {},
): FindOptions & { said: string[] } {
  const said: string[] = [];
  return { variant: 'cpu', env, say: (line) => said.push(line), said, ...more };
}

test('a version outside the accepted ones is refused before anything is looked for', async () => {
  const { env, calls } = fakePython(root);
  await expect(findLibtorch(options(env, { version: '2.5.1' }))).rejects.toMatchObject({
    code: 'ERR_LIBTORCH_VERSION',
    message: expect.stringContaining('libtorch 2.5.1 (asked for) is refused'),
  });
  expect(calls()).toEqual([]);
});

test('LIBTORCH that is no libtorch, or of another version, is an error and not passed over', async () => {
  const { env } = fakePython(root);
  await expect(findLibtorch(options({ ...env, LIBTORCH: root }))).rejects.toMatchObject({
    code: 'ERR_LIBTORCH_NOT_FOUND',
  });
  writeTree(root, libtorchFiles('old', '2.5.1'));
  await expect(findLibtorch(options({ ...env, LIBTORCH: path.join(root, 'old') }))).rejects.toMatchObject({
    code: 'ERR_LIBTORCH_VERSION',
    message: expect.stringContaining('2.5.1'),
  });
});

test('LIBTORCH with a CPU build is refused for --cuda, and said for auto with a driver', async () => {
  const { env } = fakePython(root);
  writeTree(root, libtorchFiles('mine', '2.13.0+cpu'));
  const named = { ...env, LIBTORCH: path.join(root, 'mine') };
  await expect(findLibtorch(options(named, { variant: 'cuda' }))).rejects.toMatchObject({
    code: 'ERR_LIBTORCH_NOT_FOUND',
  });
  const auto = options(named, { variant: 'auto', driver: true });
  expect(await findLibtorch(auto)).toMatchObject({ source: 'LIBTORCH', useCuda: false });
  expect(auto.said.join('\n')).toContain('LIBTORCH is a CPU build');
});

test('when nothing has it, the error says what every source said and what to do', async () => {
  const { env } = fakePython(root);
  const closed = {
    ...env,
    PATH: `${root}/bin:/usr/bin:/bin`,
    THAW_LIBTORCH_URL: path.join(root, 'none.zip'),
  };
  const error = await findLibtorch(options(closed)).catch((reason) => reason);
  expect(error).toMatchObject({ code: 'ERR_LIBTORCH_NOT_FOUND' });
  expect(error.message.split('\n')).toEqual([
    `No libtorch ${PINNED_LIBTORCH} could be found or fetched.`,
    "  Python's torch: Python 3.11.7 has no torch",
    `  cache: nothing in ${root}/cache/libtorch/${PINNED_LIBTORCH}-cpu`,
    '  pip: passed over, since THAW_LIBTORCH_URL is set',
    `  archive: there is no file ${root}/none.zip`,
    expect.stringContaining('LIBTORCH'),
  ]);
});

test("Python's torch is taken where it is accepted and the build that is wanted", async () => {
  writeTree(root, libtorchFiles('site/torch', '2.12.0+cpu'));
  const { env, calls } = fakePython(root, path.join(root, 'site/torch'));
  expect(await findLibtorch(options(env))).toEqual({
    path: path.join(root, 'site/torch'),
    version: '2.12.0+cpu',
    cuda: false,
    source: "Python's torch",
    useCuda: false,
  });
  expect(calls()).toEqual([]);
});

test('the wheel is unpacked to include, lib and share without what is Python; the second time nothing is fetched', async () => {
  writeTree(root, libtorchFiles('site/torch', '2.5.0'));
  const { env, wheels, calls } = fakePython(root, path.join(root, 'site/torch'));
  wheel(wheels, 'torch', '2.13.0+cpu', libtorchFiles('torch', '2.13.0+cpu'));
  const first = options(env);
  const found = await findLibtorch(first);
  const place = path.join(root, 'cache/libtorch/2.13.0-cpu');
  expect(found).toEqual({
    path: `${place}/torch`,
    version: '2.13.0+cpu',
    cuda: false,
    source: 'pip',
    useCuda: false,
  });
  expect(readdirSync(place)).toEqual(['torch']);
  expect(readdirSync(path.join(place, 'torch')).sort()).toEqual(['include', 'lib', 'share', 'version.py']);
  expect(readdirSync(path.join(place, 'torch/lib'))).toEqual(['libtorch_cpu.so']);
  expect(calls()).toHaveLength(1);
  expect(calls()[0]).toContain('download --no-deps');
  expect(calls()[0]).toContain('--extra-index-url https://download.pytorch.org/whl/cpu torch==2.13.0');

  const second = options(env);
  expect(await findLibtorch(second)).toMatchObject({ source: 'cache' });
  expect(second.said).toEqual([]);
  expect(calls()).toHaveLength(1);
});

test('THAW_PIP_ARGS replaces the CPU index', async () => {
  const { env, wheels, calls } = fakePython(root);
  wheel(wheels, 'torch', '2.13.0+cpu', libtorchFiles('torch', '2.13.0+cpu'));
  await findLibtorch(options({ ...env, THAW_PIP_ARGS: '--no-index  --quiet' }));
  expect(calls()[0]).toMatch(/--no-index --quiet torch==2\.13\.0$/);
});

test('what an interrupted run left is thrown away, and two at once fetch once', async () => {
  const { env, wheels, calls } = fakePython(root);
  wheel(wheels, 'torch', '2.13.0+cpu', libtorchFiles('torch', '2.13.0+cpu'));
  writeTree(root, { 'cache/libtorch/2.13.0-cpu.part/torch/half': 'x' });
  const [one, two] = await Promise.all([findLibtorch(options(env)), findLibtorch(options(env))]);
  expect(one.path).toBe(two.path);
  expect(calls()).toHaveLength(1);
  expect(readdirSync(path.join(root, 'cache/libtorch'))).toEqual(['2.13.0-cpu']);
});

test('for CUDA the nvidia wheels come along, through the metapackage, in the versions that are to be had', async () => {
  const { env, wheels, calls } = fakePython(root);
  wheel(wheels, 'torch', '2.14.1', libtorchFiles('torch', '2.14.1+cu130', true), [
    'filelock',
    'cuda-toolkit[cublas]==13.0.3; platform_system == "Linux"',
    'nvidia-cudnn-cu13==9.24.0.43; platform_system == "Linux"',
    'nvidia-nccl-cu13==2.30.7',
    'triton~=3.8.0',
  ]);
  const library = (name: string) => ({
    [`nvidia/${name}/lib/lib${name}.so`]: name,
    [`nvidia/${name}/include/${name}.h`]: '',
  });
  wheel(wheels, 'cuda_toolkit', '13.0.3', {}, [
    "nvidia-cublas==13.1.1.3.*; sys_platform == 'linux' and extra == 'cublas'",
    "nvidia-cufft==12.0.0.61.*; extra == 'cufft'",
  ]);
  wheel(wheels, 'nvidia_cudnn_cu13', '9.99.0', library('cudnn'));
  wheel(wheels, 'nvidia_nccl_cu13', '2.30.7', library('nccl'));
  wheel(wheels, 'nvidia_cublas', '13.1.1.3', library('cublas'), ['nvidia-cuda-nvrtc']);
  wheel(wheels, 'nvidia_cuda_nvrtc', '13.0.88', library('nvrtc'), ['nvidia-cublas']);

  const found = await findLibtorch(options(env, { variant: 'cuda', version: '2.14.1' }));
  const place = path.join(root, 'cache/libtorch/2.14.1-cuda');
  expect(found).toEqual({
    path: `${place}/torch`,
    version: '2.14.1+cu130',
    cuda: true,
    source: 'pip',
    useCuda: true,
  });
  expect(readdirSync(place)).toEqual(['nvidia', 'torch']);
  expect(readdirSync(path.join(place, 'nvidia'))).toEqual(['cublas', 'cudnn', 'nccl', 'nvrtc']);
  const asked = calls().map((call) => call.split(':all: ')[1]);
  expect(asked).toEqual([
    'torch==2.14.1,!=2.14.1+cpu',
    'cuda-toolkit==13.0.3 nvidia-cudnn-cu13==9.24.0.43 nvidia-nccl-cu13==2.30.7',
    'cuda-toolkit==13.0.3',
    'nvidia-cudnn-cu13==9.24.0.43',
    'nvidia-cudnn-cu13',
    'nvidia-nccl-cu13==2.30.7',
    'nvidia-cublas==13.1.1.3.*',
    'nvidia-cuda-nvrtc',
  ]);
});

test('a CPU build that comes where CUDA is wanted is refused and not kept', async () => {
  const { env, wheels } = fakePython(root);
  wheel(wheels, 'torch', '2.13.0', libtorchFiles('torch', '2.13.0'));
  const error = await findLibtorch(options(env, { variant: 'cuda' })).catch((reason) => reason);
  expect(error.message).toContain('pip: 2.13.0 there is a CPU build');
  expect(existsSync(path.join(root, 'cache/libtorch/2.13.0-cuda'))).toBe(false);
});

test('auto takes the CPU build, and says so, where a driver is but no CUDA build', async () => {
  const { env, wheels } = fakePython(root);
  wheel(wheels, 'torch', '2.13.0', libtorchFiles('torch', '2.13.0'));
  const auto = options(env, { variant: 'auto', driver: true });
  expect(await findLibtorch(auto)).toMatchObject({ version: '2.13.0', useCuda: false });
  expect(auto.said.join('\n')).toContain('no CUDA build of libtorch 2.13.0: taking the CPU build');
});

test('the archive is fetched, unpacked and removed; one of another version is refused', async () => {
  const { env } = fakePython(root);
  const tree = path.join(root, 'tree');
  const { 'libtorch/version.py': _, ...files } = libtorchFiles('libtorch', '');
  writeTree(tree, { ...files, 'libtorch/build-version': '2.13.0+cpu\n', 'libtorch/docs/page.html': '' });
  packZip(path.join(root, 'libtorch.zip'), tree);
  const server = await fileServer(readFileSync(path.join(root, 'libtorch.zip')), {
    breaksAfter: 300,
    breaksLeft: 1,
  });
  const url = { ...env, THAW_LIBTORCH_URL: `${server.url}libtorch-2.13.0%2Bcpu.zip` };
  expect(await findLibtorch(options(url))).toMatchObject({ version: '2.13.0+cpu', source: 'archive' });
  expect(readdirSync(path.join(root, 'cache/libtorch'))).toEqual(['2.13.0-cpu']);
  expect(readdirSync(path.join(root, 'cache/libtorch/2.13.0-cpu/torch')).sort()).toEqual([
    'build-version',
    'include',
    'lib',
    'share',
  ]);

  const other = options(
    { ...env, THAW_LIBTORCH_URL: path.join(root, 'libtorch.zip') },
    { version: '2.12.0' },
  );
  const error = await findLibtorch(other).catch((reason) => reason);
  expect(error.message).toContain(
    'archive: what came is 2.13.0+cpu: `--libtorch-version 2.13.0` asks for that',
  );
});

test('an archive that is none is refused by name', async () => {
  const { env } = fakePython(root);
  writeTree(root, { 'bad.zip': 'no zip at all' });
  await expect(
    findLibtorch(options({ ...env, THAW_LIBTORCH_URL: path.join(root, 'bad.zip') })),
  ).rejects.toMatchObject({
    code: 'ERR_ARCHIVE',
    message: expect.stringContaining('bad.zip cannot be unpacked'),
  });
});
