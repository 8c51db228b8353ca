/** Runs the whole network over pixels in memory, in a process of its own; the first pass is left out. */
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { ResNet50 } from '../../lib/index.ts';
import type { ForwardJob } from '../systems/system.ts';
import { answer, childParameters } from './child.ts';

const { weights, pixels, shape, batchSize, passes } = childParameters<ForwardJob & { weights: string }>();
const bytes = readFileSync(pixels);
const data = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
const [images = 0, height = 0, width = 0] = shape;
const size = data.length / images;
const model = await ResNet50.load({ weights, device: 'cpu' });

async function pass(): Promise<void> {
  for (let i = 0; i < images; i += batchSize) {
    const end = Math.min(i + batchSize, images);
    await model.apply({ data: data.subarray(i * size, end * size), shape: [end - i, height, width, 3] });
  }
}

await pass();
const start = performance.now();
for (let i = 0; i < passes; i++) await pass();
answer({ event: 'done', imagesPerSecond: (passes * images) / ((performance.now() - start) / 1000) });
