import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { imageFolder, ResNet50 } from '../../lib/index.ts';
import { preparePixels } from '../measuring/pixels.ts';
import { largestDifference } from '../measuring/statistics.ts';
import type { Context, Outcome, Scenario } from '../scenario.ts';

export const outputs: Scenario = {
  name: 'outputs',
  claim:
    "The network gives what PyTorch gives from the same file, and predicts what torchvision's pipeline does.",
  needsPeer: true,
  run,
};

const BATCH = 16;

async function run(context: Context): Promise<Outcome> {
  const { peer, folder } = context;
  const { train: photographs } = await imageFolder(await context.data('validation'));
  if (!peer || photographs.source.kind !== 'files') throw new TypeError('Nothing to compare with.');
  const tensors = context.quick ? 4 : 64;
  const paths = context.quick
    ? photographs.source.paths.filter((_, i) => i % Math.ceil(photographs.size / 8) === 0)
    : photographs.source.paths;

  const pixels = await preparePixels(photographs, tensors, folder);
  context.note(`thaw: ${tensors} tensors, ${paths.length} photographs`);
  const model = await ResNet50.load({ weights: context.weights(), device: 'cpu' });
  const logits: number[] = [];
  const size = pixels.data.length / tensors;
  for (let i = 0; i < tensors; i += BATCH) {
    const end = Math.min(i + BATCH, tensors);
    const data = pixels.data.subarray(i * size, end * size);
    const output = await model.apply({ data, shape: [end - i, 224, 224, 3] }, { precision: 'float32' });
    logits.push(...output.data);
  }
  const classes = logits.length / tensors;
  const predictions = await model.predict(paths, { precision: 'float32', batchSize: BATCH, topK: classes });
  model.dispose();

  context.note('PyTorch: the same');
  const files = {
    logits: path.join(folder, 'logits.bin'),
    probabilities: path.join(folder, 'probabilities.bin'),
  };
  const given = { weights: context.weights(), pixels: pixels.file, shape: pixels.shape };
  await peer.run(
    'pytorch/outputs.py',
    { ...given, ...files, photographs: paths.map((file) => path.resolve(file)) },
    folder,
  );
  const logitDifference = largestDifference(logits, await floats(files.logits));
  const expected = await floats(files.probabilities);
  const images = predictions.map(({ index, top }, image) => {
    const row = expected.subarray(image * classes, (image + 1) * classes);
    const best = row.indexOf(Math.max(...row));
    const differences = top.map((entry) => Math.abs(entry.probability - (row[entry.index] ?? Number.NaN)));
    return { same: best === index, difference: Math.max(...differences) };
  });
  const same = images.filter((image) => image.same).length;
  const probabilityDifference = Math.max(...images.map((image) => image.difference));
  return {
    settings: { tensors, photographs: paths.length, classes, precision: 'float32', batchSize: BATCH },
    table: [
      ['', 'images', 'result', 'goal'],
      [
        'largest difference of a logit, same tensor',
        String(tensors),
        logitDifference.toExponential(1),
        '1e-4',
      ],
      [
        'largest difference of a probability, same file',
        String(paths.length),
        probabilityDifference.toExponential(1),
        '0.01',
      ],
      ['same top-1, same file', String(paths.length), `${same} of ${paths.length}`, 'all'],
    ],
    goals: [
      { name: 'logit difference', value: logitDifference, limit: 1e-4, sense: 'at most' },
      { name: 'probability difference', value: probabilityDifference, limit: 0.01, sense: 'at most' },
      { name: 'images with the same top-1', value: same, limit: paths.length, sense: 'at least' },
    ],
    measured: {
      logitDifference,
      largestLogit: Math.max(...logits.map(Math.abs)),
      probabilityDifferences: images.map((image) => image.difference),
      otherTop1: images.flatMap((image, i) => (image.same ? [] : [i])),
    },
  };
}

async function floats(file: string): Promise<Float32Array> {
  const bytes = await readFile(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
