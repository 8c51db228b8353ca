import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { ThawError } from '../../lib/errors.ts';
import { ResNet50 } from '../../lib/index.ts';
import { run } from '../../lib/system/run.ts';
import type { Pixels } from '../measuring/pixels.ts';
import { PEERS, type Python, parametersFile } from './python.ts';

/** Logits may differ by so much from PyTorch's before a system counts as another network. */
const TOLERANCE = 1e-3;

/** The same ImageNet weights in the form that each system reads, made once and checked before anything is timed. */
export class Weights {
  /** As it was given: thaw reads it itself. */
  readonly original: string;
  /** Largest difference of a logit from the reference, by system. */
  readonly differences: Record<string, number> = {};
  readonly #folder: string;
  readonly #pixels: () => Promise<Pixels>;
  readonly #made = new Map<string, Promise<string>>();
  #reference: Promise<number[][]> | undefined;

  /** @param pixels a few images, to compare what comes out */
  constructor(original: string, folder: string, pixels: () => Promise<Pixels>) {
    this.original = path.resolve(original);
    this.#folder = folder;
    this.#pixels = pixels;
  }

  safetensors(): Promise<string> {
    return this.#once('resnet50.safetensors', async (file) => {
      const model = await ResNet50.load({ weights: this.original, device: 'cpu' });
      await model.save(file);
      model.dispose();
    });
  }

  /** PyTorch's state dict. */
  pth(python: Python): Promise<string> {
    return this.#once('resnet50.pth', async (file) => {
      const { file: pixels, shape } = await this.#pixels();
      const given = { safetensors: await this.safetensors(), out: file, pixels, shape };
      const { logits } = await python.run<{ logits: number[][] }>('pytorch/convert.py', given, this.#folder);
      this.#reference ??= Promise.resolve(logits);
    });
  }

  keras(python: Python): Promise<string> {
    return this.#once('resnet50.keras', async (file) => {
      const { difference } = await python.run<{ difference: number }>(
        'keras/convert.py',
        await this.#toConvert(file, python),
        this.#folder,
      );
      this.#check('Keras', difference);
    });
  }

  /** A folder with model.json and weights.bin. */
  tfjs(python: Python | undefined): Promise<string> {
    return this.#once('tfjs', async (folder) => {
      await mkdir(folder, { recursive: true });
      const parameters = await parametersFile(await this.#toConvert(folder, python), this.#folder);
      const script = path.join(PEERS, 'tfjs/convert.mjs');
      const { status, stdout, stderr } = await run(process.execPath, [script, parameters]);
      if (status !== 0)
        throw new ThawError('ERR_BENCH_PEER', `TensorFlow.js failed: ${stderr.trim().split('\n').at(-1)}`);
      this.#check('TensorFlow.js', JSON.parse(stdout.trim().split('\n').at(-1) ?? '').difference);
    });
  }

  #once(name: string, make: (file: string) => Promise<void>): Promise<string> {
    const file = path.join(this.#folder, name);
    const made = this.#made.get(name) ?? make(file).then(() => file);
    this.#made.set(name, made);
    return made;
  }

  async #toConvert(out: string, python: Python | undefined) {
    const { file, shape } = await this.#pixels();
    const safetensors = await this.safetensors();
    if (python && python.lacks(['torch', 'torchvision']) === undefined) await this.pth(python);
    this.#reference ??= this.#ownLogits();
    return { safetensors, out, pixels: file, shape, logits: await this.#reference };
  }

  /** Without PyTorch: thaw's, which the scenario `outputs` compares with PyTorch's. */
  async #ownLogits(): Promise<number[][]> {
    const { data, shape } = await this.#pixels();
    const model = await ResNet50.load({ weights: this.original, device: 'cpu' });
    const output = await model.apply({ data, shape }, { precision: 'float32' });
    model.dispose();
    const width = output.data.length / shape[0];
    return Array.from({ length: shape[0] }, (_, i) => [...output.data.subarray(i * width, (i + 1) * width)]);
  }

  #check(title: string, difference: number): void {
    this.differences[title] = difference;
    if (difference <= TOLERANCE) return;
    throw new ThawError(
      'ERR_BENCH_PEER',
      `${title} does not compute the same network: a logit differs by ${difference}, more than ${TOLERANCE}.`,
    );
  }
}
