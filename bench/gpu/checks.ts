import type { Native } from '../../lib/native.ts';
import type { Device } from '../../lib/options/load.ts';
import { makeModel, trainEpochs } from './addon.ts';
import { photographs } from './photographs.ts';

export interface Check {
  name: string;
  /** Of two runs that should agree. */
  difference: number;
  limit: number;
  met: boolean;
  values?: object;
}

interface Subject {
  addon: Native;
  device: Device;
  weights: string | undefined;
  data: string;
  quick: boolean;
  note: (line: string) => void;
}

const SIDE = 224;

/** The network's logits and the losses of training steps, on the CPU in float32 and on the device. */
export async function checks(subject: Subject): Promise<Check[]> {
  return [...(await logits(subject)), ...(await losses(subject))];
}

async function logits({ addon, device, weights, quick, note }: Subject): Promise<Check[]> {
  const images = quick ? 2 : 16;
  const input = { pixels: smoothNoise(images), shape: [images, SIDE, SIDE, 3] };
  const outputs = async (where: Device, precision: 'float32' | 'bfloat16') => {
    const model = await makeModel(addon, { device: where, weights, trained: '' });
    // The map before the head: many numbers, none of them hidden by a softmax.
    model.replaceHead([], 1, 'keras');
    const { data } = await model.apply(input, { precision });
    model.dispose();
    return data;
  };
  note('features: CPU in float32');
  const expected = await outputs('cpu', 'float32');
  const results: Check[] = [];
  for (const [precision, limit] of [
    ['float32', 1e-4],
    ['bfloat16', 0.05],
  ] as const) {
    note(`features: ${device} in ${precision}`);
    const difference = relative(await outputs(device, precision), expected);
    results.push({ name: `features, ${precision}`, difference, limit, met: difference <= limit });
  }
  return results;
}

/** Of step after step on one batch, everything trained: an epoch is a step, and an epoch's loss that step's. */
async function losses({ addon, device, weights, data, quick, note }: Subject): Promise<Check[]> {
  const [steps, batchSize] = quick ? [3, 4] : [20, 32];
  const batch = photographs(data, batchSize);
  const run = async (where: Device, precision: 'float32' | 'bfloat16') => {
    const model = await makeModel(addon, { device: where, weights, trained: '*' });
    const choice = { batchSize, epochs: steps, precision, learningRate: 1e-5, shuffle: false };
    const epochs = await trainEpochs(addon, model, batch, choice);
    model.dispose();
    return epochs.map(({ loss }) => loss);
  };
  note(`losses of ${steps} steps: CPU in float32`);
  const expected = await run('cpu', 'float32');
  const results: Check[] = [];
  for (const [precision, limit] of [
    ['float32', 1e-3],
    ['bfloat16', 0.1],
  ] as const) {
    note(`losses of ${steps} steps: ${device} in ${precision}`);
    const actual = await run(device, precision);
    const differences = actual.map(
      (loss, i) => Math.abs(loss - (expected[i] ?? Number.NaN)) / (expected[i] ?? 1),
    );
    const difference = Math.max(...differences);
    results.push({
      name: `losses of ${steps} steps, ${precision}`,
      difference,
      limit,
      met: difference <= limit,
      values: { expected, actual },
    });
  }
  return results;
}

/** Of the 2-norm. */
function relative(actual: Float32Array, expected: Float32Array): number {
  let error = 0;
  let scale = 0;
  for (const [i, value] of expected.entries()) {
    error += ((actual[i] ?? Number.NaN) - value) ** 2;
    scale += value ** 2;
  }
  return Math.sqrt(error / scale);
}

/** Waves of different lengths: as smooth as photographs, and the same numbers everywhere. */
function smoothNoise(images: number): Float32Array {
  const data = new Float32Array(images * SIDE * SIDE * 3);
  let at = 0;
  for (let image = 0; image < images; image++) {
    for (let y = 0; y < SIDE; y++) {
      for (let x = 0; x < SIDE; x++) {
        for (let c = 0; c < 3; c++) {
          data[at++] =
            Math.sin(x / (3 + image) + c) + Math.cos((y + x) / (7 + 2 * c)) + Math.sin(y / (11 + image));
        }
      }
    }
  }
  return data;
}
