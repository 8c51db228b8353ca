import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { Random } from '../../lib/demo/random.ts';
import { writeOnnx } from '../../lib/formats/onnx/write.ts';
import { linearHead } from '../../lib/network/head.ts';
import { preprocessingFor } from '../../lib/network/preprocessing.ts';
import { drawnModel } from '../support/drawn-model.ts';
import { temporaryFolder } from '../support/folders.ts';
import { pythonWith, runPeer } from '../support/python.ts';

const repository = path.join(import.meta.dirname, '..', '..');
const example = path.join(repository, 'examples', 'onnx-server');
const ort = path.join(process.env.THAW_TEST_ORT ?? example, 'node_modules');
const found = existsSync(path.join(ort, 'onnxruntime-node'));
if (!found) console.warn(`skipped: no onnxruntime-node in ${ort} (THAW_TEST_ORT names another folder)`);
const python = found ? pythonWith('onnx', 'onnxruntime', 'PIL') : undefined;

const classes = ['cat', 'dog', 'œuf'];
const description = {
  architecture: 'resnet18',
  variant: 'torchvision',
  head: linearHead(classes.length),
  classes,
  preprocessing: preprocessingFor([32, 32, 3]),
} as const;
const folder = temporaryFolder();
const model = path.join(folder, 'model.onnx');

/** The example beside the packages that were found; what is not among them is taken from the repository's. */
function layOut(): string {
  const server = path.join(folder, 'server');
  mkdirSync(server);
  const sources = (source: string) => path.basename(source) !== 'node_modules';
  cpSync(example, server, { recursive: true, filter: sources });
  symlinkSync(ort, path.join(server, 'node_modules'));
  symlinkSync(path.join(repository, 'node_modules'), path.join(folder, 'node_modules'));
  return path.join(server, 'server.mjs');
}

/** Noise of 24 blotches a side: unlike itself when turned, mirrored, or cut elsewhere. */
async function drawing(width: number, height: number, seed: number) {
  const random = new Random(seed);
  const noise = Uint8Array.from({ length: 24 * 24 * 3 }, () => random.integer(0, 255));
  const raw = await sharp(noise, { raw: { width: 24, height: 24, channels: 3 } })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return sharp(raw, { raw: { width, height, channels: 3 } });
}

interface Served {
  url: string;
  child: ChildProcess;
}

async function serve(script: string, file: string): Promise<Served> {
  const env = { ...process.env, PORT: '0' };
  const child = spawn(process.execPath, [script, file], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout as NodeJS.ReadableStream)) {
    const url = /http:\S+/.exec(line)?.[0];
    if (url) return { url, child };
  }
  throw new Error('The server ended before it listened.');
}

function post(url: string, body: Uint8Array | ReadableStream): Promise<Response> {
  return fetch(url, { method: 'POST', body, duplex: 'half' } as RequestInit);
}

type Answer = { label: string; probability: number }[];

/** The answer, in which the most probable has to be first. */
async function classified(url: string, image: Uint8Array): Promise<Answer> {
  const response = await post(url, image);
  expect(response.status).toBe(200);
  const answer = (await response.json()) as Answer;
  expect(answer).toEqual([...answer].sort((a, b) => b.probability - a.probability));
  return answer;
}

function byLabel(answer: Answer): Record<string, number> {
  return Object.fromEntries(answer.map(({ label, probability }) => [label, probability]));
}

/** The largest difference of a probability. */
function difference(answer: Answer, expected: Record<string, number>): number {
  const found = byLabel(answer);
  expect(Object.keys(found).sort()).toEqual(Object.keys(expected).sort());
  return Math.max(
    ...Object.keys(found).map((label) => Math.abs((found[label] ?? 0) - (expected[label] ?? 0))),
  );
}

(python ? describe : describe.skip)('the example that serves ONNX', () => {
  let script: string;
  let served: Served;

  beforeAll(async () => {
    await writeOnnx(model, drawnModel(description, 8), { input: 'uint8' });
    script = layOut();
    served = await serve(script, model);
  });
  afterAll(() => {
    served?.child.kill();
  });

  test('answers what onnxruntime finds in images that Pillow has prepared', async () => {
    // 37 is what the shorter side is resized to: the first image is only cropped, and the second resized.
    const exact = await (await drawing(37, 50, 1)).png().toBuffer();
    const larger = await (await drawing(120, 90, 2)).png().toBuffer();
    const turned = await (await drawing(120, 90, 3)).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const transparent = await (await drawing(90, 120, 4)).ensureAlpha(0.4).png().toBuffer();
    const images = { exact, larger, turned, transparent };
    const paths = Object.entries(images).map(([name, content]) => {
      const file = path.join(folder, name);
      writeFileSync(file, content);
      return file;
    });
    const expected = runPeer<Record<string, number>[]>(python as string, 'classify.py', [model, ...paths]);

    for (const [i, [name, body]] of Object.entries(images).entries()) {
      const answer = await classified(served.url, body);
      // Where pixels are resized, libvips and Pillow round a few of them differently.
      const tolerance = name === 'exact' ? 1e-4 : 2e-3;
      expect(difference(answer, expected[i] ?? {})).toBeLessThan(tolerance);
      // Another image than the one that was sent would be noticed.
      expect(difference(answer, expected[(i + 1) % expected.length] ?? {})).toBeGreaterThan(2 * tolerance);
    }
  });

  test('normalises by itself what a model with float32 input takes', async () => {
    const float32 = path.join(folder, 'float32.onnx');
    await writeOnnx(float32, drawnModel(description, 8));
    const other = await serve(script, float32);
    const image = await (await drawing(70, 60, 7)).png().toBuffer();
    const [answer, expected] = await Promise.all(
      [other.url, served.url].map((url) => classified(url, image)),
    );
    other.child.kill();
    expect(difference(answer ?? [], byLabel(expected ?? []))).toBeLessThan(1e-5);
  });

  test('refuses what is no image, and goes on', async () => {
    const broken = await (await drawing(60, 60, 5)).png().toBuffer();
    for (const body of [Buffer.from('no image'), Buffer.alloc(0), broken.subarray(0, broken.length / 2)]) {
      const response = await post(served.url, body);
      expect(response.status).toBe(400);
      expect(await response.json()).toEqual({ error: 'The body is not an image that can be decoded.' });
    }
    expect((await post(served.url, broken)).status).toBe(200);
  });

  test('refuses another path, another method', async () => {
    expect((await fetch(new URL('/other', served.url))).status).toBe(404);
    expect((await fetch(`${new URL(served.url).origin}//`)).status).toBe(404);
    expect((await fetch(served.url)).status).toBe(405);
  });

  test('refuses a body that is too large, declared or not', async () => {
    const large = Buffer.alloc(21 * 2 ** 20);
    const streamed = new Blob([large]).stream();
    for (const body of [large, streamed]) {
      const response = await post(served.url, body);
      expect(response.status).toBe(413);
      expect(await response.json()).toEqual({ error: 'An image of more than 20 MiB is not taken.' });
    }
  });

  test('a client that hangs up in the middle does no harm', async () => {
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /classify HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\nhalf');
    await once(socket, 'connect');
    socket.destroy();
    expect((await fetch(new URL('/other', served.url))).status).toBe(404);
  });

  test('does not start with a model that is none', async () => {
    const child = spawn(process.execPath, [script, script], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(said).toMatch(/^Cannot serve .*server\.mjs: .*\n$/);
  });

  test('ends when told to, after the request that is under way', async () => {
    const image = await (await drawing(60, 60, 6)).png().toBuffer();
    const { hostname, port } = new URL(served.url);
    const socket = connect(Number(port), hostname);
    let heard = '';
    socket.setEncoding('utf8').on('data', (text) => {
      heard += text;
    });
    socket.write(
      `POST /classify HTTP/1.1\r\nHost: here\r\nExpect: 100-continue\r\nContent-Length: ${image.length}\r\n\r\n`,
    );
    await once(socket, 'data'); // 100 Continue: the request has begun
    socket.write(image.subarray(0, 10));
    served.child.kill('SIGTERM');
    while (await listens(Number(port), hostname));
    socket.write(image.subarray(10));
    const [code] = await once(served.child, 'exit');
    expect(code).toBe(0);
    expect(heard).toContain('HTTP/1.1 200');
    expect(heard).toContain('"probability"');
  });
});

async function listens(port: number, host: string): Promise<boolean> {
  const socket = connect(port, host);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
