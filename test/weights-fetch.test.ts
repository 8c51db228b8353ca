import { createHash, randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, expect, test } from '@jest/globals';
import { cachedWeights } from '../lib/weights/cached.ts';
import { type Architecture, catalogue, digitsIn, weightsFile } from '../lib/weights/catalogue.ts';
import { type FetchWeightsOptions, fetchWeights } from '../lib/weights/fetch.ts';
import { fileServer } from './support/file-server.ts';
import { temporaryFolder } from './support/folders.ts';

const folder = temporaryFolder();
const content = randomBytes(50_000);
const digest = createHash('sha256').update(content).digest('hex');
let env: Record<string, string> = {};
let count = 0;
beforeEach(() => {
  env = { THAW_CACHE: path.join(folder, String(count++)), no_proxy: '*' };
});

const weights = () => path.join(env.THAW_CACHE ?? '', 'weights');
const options = (more: FetchWeightsOptions = {}): FetchWeightsOptions => ({ env, retryDelay: 1, ...more });

/** A file brought by hand, under any name. */
function brought(name: string): string {
  mkdirSync(env.THAW_CACHE ?? '', { recursive: true });
  const file = path.join(env.THAW_CACHE ?? '', name);
  writeFileSync(file, content);
  return file;
}

const convert = async (pth: string, torchscript: string, architecture: Architecture) => {
  writeFileSync(torchscript, `${architecture} of ${readFileSync(pth).length} bytes`);
};

test('unknown names, versions and options are refused', async () => {
  await expect(fetchWeights('resnet51' as Architecture, options())).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
  await expect(fetchWeights('resnet18', options({ version: 'V2' }))).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: 'There are no V2 weights for resnet18 here; there are V1.',
  });
  await expect(
    fetchWeights('resnet50', { ...options(), baseURL: 'x' } as FetchWeightsOptions),
  ).rejects.toMatchObject({
    code: 'ERR_UNKNOWN_OPTION',
    message: expect.stringContaining('did you mean baseUrl'),
  });
  await expect(fetchWeights('resnet50', options({ baseUrl: 'here' }))).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
  });
});

test('what another file than the catalogue says is refused and not kept', async () => {
  const server = await fileServer(content);
  await expect(fetchWeights('resnet50', options({ baseUrl: server.url }))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_CHECKSUM',
    message: expect.stringContaining(`begins with ${digest.slice(0, 8)}, not 0676ba61`),
  });
  expect(server.requests[0]?.url).toBe('/resnet50-0676ba61.pth');
  expect(readdirSync(weights())).toEqual([]);
  expect(cachedWeights('resnet50', 'V1', env)).toBeUndefined();
});

test('where it cannot be fetched the error says which file to bring and where to put it', async () => {
  const server = await fileServer(content, { status: 403 });
  const error = await fetchWeights(
    'resnet50',
    options({ baseUrl: `${server.url}models`, version: 'V2' }),
  ).catch((e) => e);
  expect(error.code).toBe('ERR_WEIGHTS_FETCH');
  expect(error.message).toContain(`${server.url}models/resnet50-11ad3fa6.pth`);
  expect(error.message).toContain(path.join(weights(), 'resnet50-11ad3fa6.pth'));
  expect(error.message).toContain('403 Forbidden');
});

test('a file brought by hand is checked when its name carries digits', async () => {
  const wrong = brought('mine-01234567.pth');
  await expect(fetchWeights('resnet50', options({ from: wrong }))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_CHECKSUM',
  });
  expect(readdirSync(weights())).toEqual([]);
  const right = brought(`mine-${digest.slice(0, 8)}.pth`);
  expect(await fetchWeights('resnet50', options({ from: right }))).toMatchObject({
    fromCache: false,
    sha256: digest,
  });
});

test('a file brought by hand that is not there is named', async () => {
  await expect(fetchWeights('resnet50', options({ from: '/nowhere/x.pth' }))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_FETCH',
    message: expect.stringContaining('/nowhere/x.pth cannot be read'),
  });
});

test('a file brought by hand is taken once and found afterwards, without the network', async () => {
  const from = brought('any-name.pth');
  const first = await fetchWeights('resnet50', options({ from, convert }));
  const pth = path.join(weights(), 'resnet50-0676ba61.pth');
  const torchscript = path.join(weights(), 'resnet50-0676ba61.pt');
  expect(first).toEqual({ pth, torchscript, fromCache: false, sha256: digest });
  expect(readFileSync(torchscript, 'utf8')).toBe('resnet50 of 50000 bytes');
  expect(cachedWeights('resnet50', 'V1', env)).toBe(torchscript);
  const second = await fetchWeights('resnet50', options({ baseUrl: 'http://127.0.0.1:9/', convert }));
  expect(second).toEqual({ ...first, fromCache: true });
});

test('a cached file that was damaged is fetched again', async () => {
  await fetchWeights('resnet50', options({ from: brought('any-name.pth') }));
  writeFileSync(path.join(weights(), 'resnet50-0676ba61.pth'), 'damaged');
  const server = await fileServer(content, { status: 404 });
  await expect(fetchWeights('resnet50', options({ baseUrl: server.url }))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_FETCH',
  });
  expect(server.requests).toHaveLength(1);
});

test('a file put into the cache by hand must be what its name says', async () => {
  mkdirSync(weights(), { recursive: true });
  copyFileSync(brought('x.pth'), path.join(weights(), 'resnet18-f37072fd.pth'));
  const server = await fileServer(content, { status: 404 });
  await expect(fetchWeights('resnet18', options({ baseUrl: server.url }))).rejects.toMatchObject({
    code: 'ERR_WEIGHTS_FETCH',
  });
});

test('a conversion that fails leaves the state dict and no TorchScript file', async () => {
  const from = brought('any-name.pth');
  const failing = async (_: string, torchscript: string) => {
    writeFileSync(torchscript, 'half');
    throw new Error('no');
  };
  await expect(fetchWeights('resnet50', options({ from, convert: failing }))).rejects.toThrow('no');
  expect(readdirSync(weights()).sort()).toEqual(['resnet50-0676ba61.pth', 'resnet50-0676ba61.pth.sha256']);
  expect(cachedWeights('resnet50', 'V1', env)).toBe(path.join(weights(), 'resnet50-0676ba61.pth'));
});

test('a new state dict is converted anew', async () => {
  const torchscript = path.join(weights(), 'resnet50-0676ba61.pt');
  await fetchWeights('resnet50', options({ from: brought('one.pth'), convert }));
  writeFileSync(torchscript, 'old');
  await fetchWeights('resnet50', options({ from: brought('two.pth'), convert }));
  expect(readFileSync(torchscript, 'utf8')).toBe('resnet50 of 50000 bytes');
});

test('an aborted fetch rejects with the reason and keeps what came', async () => {
  const server = await fileServer(content, { breaksAfter: 20_000 });
  const controller = new AbortController();
  const running = fetchWeights(
    'resnet50',
    options({
      baseUrl: server.url,
      signal: controller.signal,
      retryDelay: 10_000,
      onProgress: ({ received }) => {
        if (received >= 20_000) setTimeout(() => controller.abort(new Error('enough')), 20);
      },
    }),
  );
  await expect(running).rejects.toThrow('enough');
  expect(existsSync(path.join(weights(), 'resnet50-0676ba61.pth.part'))).toBe(true);
  await expect(fetchWeights('resnet50', options({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test("the catalogue's names carry the digits that torchvision gives them", () => {
  expect(catalogue().map(({ file }) => digitsIn(file))).toEqual([
    'f37072fd',
    'b627a593',
    '0676ba61',
    '11ad3fa6',
    '63fe2227',
    '394f9c45',
    '7cdf4587',
    '8ba56ff5',
    '95faca4d',
    '32ee1156',
  ]);
  expect(weightsFile('resnet50')).toBe('resnet50-0676ba61.pth');
});
