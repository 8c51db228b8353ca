import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { download } from '../lib/files/download.ts';
import type { DownloadProgress } from '../lib/files/progress.ts';
import { fileServer, listen } from './support/file-server.ts';
import { temporaryFolder } from './support/folders.ts';

const folder = temporaryFolder();
const content = randomBytes(300_000);
const options = { env: {}, retryDelay: 1 };
let count = 0;
const target = () => path.join(folder, `file-${count++}`);

test('a file that the server does not have is refused at once', async () => {
  const server = await fileServer(content, { status: 404 });
  const file = target();
  await expect(download(`${server.url}x.bin`, file, options)).rejects.toMatchObject({
    code: 'ERR_DOWNLOAD',
    message: `${server.url}x.bin cannot be fetched: the server answers 404 Not Found.`,
  });
  expect(server.requests).toHaveLength(1);
  expect(existsSync(file)).toBe(false);
});

test('an address where nobody answers is given up after four attempts', async () => {
  const closed = createServer();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const { port } = closed.address() as AddressInfo;
  await new Promise((resolve) => closed.close(resolve));
  await expect(download(`http://127.0.0.1:${port}/x`, target(), options)).rejects.toMatchObject({
    code: 'ERR_DOWNLOAD',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a proxy that is not an address is refused by name', async () => {
  await expect(
    download('http://127.0.0.1:9/x', target(), { ...options, proxy: 'no proxy' }),
  ).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    message: "The proxy 'no proxy' is not an address.",
  });
});

test('what the check refuses leaves nothing behind', async () => {
  const server = await fileServer(content);
  const file = target();
  const check = async () => Promise.reject(new Error('not this'));
  await expect(download(server.url, file, { ...options, check })).rejects.toThrow('not this');
  expect([file, `${file}.part`, `${file}.part.json`].filter(existsSync)).toEqual([]);
});

test('the whole file arrives under its name, and the progress ends with its size', async () => {
  const server = await fileServer(content);
  const file = target();
  const seen: DownloadProgress[] = [];
  await download(server.url, file, { ...options, onProgress: (progress) => seen.push(progress) });
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(seen.at(-1)).toMatchObject({ received: content.length, total: content.length });
  expect([`${file}.part`, `${file}.part.json`].filter(existsSync)).toEqual([]);
});

test('a connection that breaks is taken up where it broke', async () => {
  const server = await fileServer(content, { breaksAfter: 70_000, breaksLeft: 2 });
  const file = target();
  await download(server.url, file, options);
  expect(readFileSync(file).equals(content)).toBe(true);
  expect(server.requests.map(({ range }) => range)).toEqual([undefined, 'bytes=70000-', 'bytes=140000-']);
});

test('a server that fails for a moment is asked again', async () => {
  const server = await fileServer(content, { status: 503, statusLeft: 2 });
  const file = target();
  await download(server.url, file, options);
  expect(readFileSync(file).equals(content)).toBe(true);
});

/** A download that is aborted when 70,000 bytes are on the disk. */
async function interrupted(server: Awaited<ReturnType<typeof fileServer>>, file: string) {
  const controller = new AbortController();
  const abortOnceWritten = () => {
    const written = statSync(`${file}.part`, { throwIfNoEntry: false })?.size ?? 0;
    if (written < 70_000) setTimeout(abortOnceWritten, 5);
    else controller.abort();
  };
  const onProgress = ({ received }: DownloadProgress) => {
    if (received >= 70_000) abortOnceWritten();
  };
  server.behaviour.breaksAfter = 70_000;
  server.behaviour.breaksLeft = 1;
  const running = download(server.url, file, {
    ...options,
    retryDelay: 10_000,
    signal: controller.signal,
    onProgress,
  });
  await expect(running).rejects.toMatchObject({ name: 'AbortError' });
  expect(existsSync(file)).toBe(false);
  server.requests.length = 0;
}

test('an interrupted download goes on in a later run', async () => {
  const server = await fileServer(content);
  const file = target();
  await interrupted(server, file);
  expect(statSync(`${file}.part`).size).toBe(70_000);
  await download(server.url, file, options);
  expect(server.requests).toEqual([{ url: '/', range: 'bytes=70000-' }]);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('a server that ignores ranges sends everything again', async () => {
  const server = await fileServer(content, { ignoresRange: true });
  const file = target();
  await interrupted(server, file);
  await download(server.url, file, options);
  expect(server.requests).toEqual([{ url: '/', range: 'bytes=70000-' }]);
  expect(readFileSync(file).equals(content)).toBe(true);
});

test('a file that changed meanwhile is fetched anew', async () => {
  const server = await fileServer(content);
  const file = target();
  await interrupted(server, file);
  server.content = randomBytes(200_000);
  await download(server.url, file, options);
  expect(readFileSync(file).equals(server.content)).toBe(true);
});

test('a file that became shorter than the part is fetched anew', async () => {
  const server = await fileServer(content);
  const file = target();
  await interrupted(server, file);
  // The same ETag is sent for the shorter file only if the server is broken; without If-Range it says 416.
  server.content = randomBytes(50_000);
  await download(server.url, file, options);
  expect(readFileSync(file).equals(server.content)).toBe(true);
});

test('without ETag and date a part is never continued', async () => {
  const server = await fileServer(content, { noValidator: true });
  const file = target();
  await interrupted(server, file);
  await download(server.url, file, options);
  expect(server.requests).toEqual([{ url: '/', range: undefined }]);
  expect(readFileSync(file).equals(content)).toBe(true);
});

async function proxyServer() {
  const seen: string[] = [];
  const proxy = createServer((request, response) => {
    seen.push(request.url ?? '');
    const { method, headers } = request;
    const onward = httpRequest(request.url ?? '', { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  return { seen, url: await listen(proxy) };
}

test('a proxy is used when it is given or in the environment, except for NO_PROXY', async () => {
  const server = await fileServer(content);
  const proxy = await proxyServer();
  await download(server.url, target(), { ...options, proxy: proxy.url });
  expect(proxy.seen).toEqual([server.url]);
  await download(server.url, target(), { ...options, env: { HTTP_PROXY: proxy.url } });
  expect(proxy.seen).toHaveLength(2);
  await download(server.url, target(), { ...options, env: { HTTP_PROXY: proxy.url, NO_PROXY: '127.0.0.1' } });
  expect(proxy.seen).toHaveLength(2);
});
