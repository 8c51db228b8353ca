import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { adam, imageArray, linearHead, ResNet50 } from '../../lib/index.ts';

export interface Delay {
  call: string;
  /** Of the event loop while the call ran, and how long it took. */
  p99Ms: number;
  maxMs: number;
  seconds: number;
}

const FILES = [
  'm.safetensors',
  'm.pt',
  'm.pth',
  'm.keras',
  'm.weights.h5',
  'm.h5',
  'm.onnx',
  'tfjs/model.json',
];
const SIDE = 64;
const IMAGES = 32;

/** How long the event loop is held up while a ResNet-50 is trained, asked, written in every format and read again. */
export async function eventLoop(): Promise<Delay[]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'thaw-event-loop-'));
  const delays: Delay[] = [];
  const timed = async <T>(call: string, run: () => Promise<T>): Promise<T> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const start = performance.now();
    delay.enable();
    const result = await run();
    // The turn that was held up last is counted at the next one.
    await new Promise((resolve) => setTimeout(resolve, 5));
    delay.disable();
    const seconds = (performance.now() - start) / 1000;
    delays.push({ call, p99Ms: delay.percentile(99) / 1e6, maxMs: delay.max / 1e6, seconds });
    return result;
  };
  try {
    const values = Uint8Array.from({ length: IMAGES * SIDE * SIDE * 3 }, (_, i) => (i * 37) % 256);
    const shape = [IMAGES, SIDE, SIDE, 3] as const;
    const labels = Array.from({ length: IMAGES }, (_, i) => i % 10);
    const classes = Array.from('abcdefghij');
    const data = imageArray(values, { shape, labels, classes });
    const load = (weights: string | null) =>
      ResNet50.load({ weights, device: 'cpu', inputShape: [SIDE, SIDE, 3] });
    const model = await timed('load (nothing)', () => load(null));
    model.replaceHead(linearHead(10));
    model.freeze();
    model.compile({ optimizer: adam() });
    await timed('fit', () => model.fit(data, { epochs: 2, batchSize: 8 }));
    await timed('evaluate', () => model.evaluate(data));
    await timed('predict', () => model.predict({ data: values, shape }));
    await timed('state', () => model.state());
    for (const name of FILES) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      await timed(`save ${name}`, () => model.save(file));
      if (name.endsWith('.onnx')) continue;
      (await timed(`load ${name}`, () => load(file))).dispose();
    }
    return delays;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
