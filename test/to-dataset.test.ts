import { expect, test } from '@jest/globals';
import { explainBareArrays } from '../lib/data/bare-arrays.ts';
import { imageArray } from '../lib/data/in-memory.ts';
import { setAside } from '../lib/data/set-aside.ts';
import { type ImageBatch, toDataset } from '../lib/data/to-dataset.ts';

const classes = ['a', 'b'];

/** Images of 1 x 1 pixel: the number of the batch, of the image, and 0. */
function batch(number: number, size = 2): ImageBatch {
  const images = Uint8Array.from(Array.from({ length: size }, (_, i) => [number, i, 0]).flat());
  return { images, shape: [size, 1, 1, 3], labels: Array.from({ length: size }, (_, i) => i % 2), classes };
}

function* endless() {
  for (let i = 0; ; i++) yield batch(i);
}

test('a Dataset is given back, and one object with images, shape and labels is one', async () => {
  const dataset = await toDataset(batch(7));
  expect(dataset.source).toEqual({
    kind: 'pixels',
    data: Uint8Array.of(7, 0, 0, 7, 1, 0),
    shape: [2, 1, 1, 3],
  });
  expect([...dataset.labels]).toEqual([0, 1]);
  expect(await toDataset(dataset)).toBe(dataset);
  const { classes: _, ...bare } = batch(0);
  expect((await toDataset(bare, { classes: ['x', 'y'] })).classes).toEqual(['x', 'y']);
  expect(
    (
      await toDataset(
        {
          ...bare,
          labels: [
            [1, 0],
            [1, 1],
          ],
        },
        { multiLabel: true },
      )
    ).kind,
  ).toBe('multiLabel');
});

test('so many batches of an iterable, a generator or its function are collected, and it is closed', async () => {
  let closed = 0;
  async function* slowly() {
    try {
      yield* endless();
    } finally {
      closed++;
    }
  }
  for (const source of [endless(), endless, slowly(), slowly, [batch(0), batch(1), batch(2)]]) {
    const dataset = await toDataset(source, { stepsPerEpoch: 2 });
    expect(dataset.source).toMatchObject({
      shape: [4, 1, 1, 3],
      data: Uint8Array.of(0, 0, 0, 0, 1, 0, 1, 0, 0, 1, 1, 0),
    });
    expect([...dataset.labels]).toEqual([0, 1, 0, 1]);
  }
  expect(closed).toBe(2);
});

test('a list of batches needs no number, and the batches may differ in size, labels and weights fit together', async () => {
  const dataset = await toDataset([
    { ...batch(0), labels: ['cat', 'dog'], classes: undefined, sampleWeights: [1, 2] },
    { ...batch(1, 1), labels: ['ant'], classes: undefined, sampleWeights: Float32Array.of(0.5) },
  ]);
  expect(dataset.classes).toEqual(['ant', 'cat', 'dog']);
  expect([...dataset.labels]).toEqual([1, 2, 0]);
  expect([...(dataset.sampleWeights ?? [])]).toEqual([1, 2, 0.5]);
  const rows = await toDataset([
    { ...batch(0), labels: Float32Array.of(1, 0, 0, 1) },
    { ...batch(1), labels: { data: Float32Array.of(0, 1, 1, 0), shape: [2, 2] } },
  ]);
  expect([...rows.labels]).toEqual([0, 1, 1, 0]);
});

test.each([
  ['an iterable without a number', endless(), {}, 'ERR_INVALID_ARGUMENT', 'say with stepsPerEpoch how many'],
  [
    'an iterable that ends',
    [batch(0)].values(),
    { stepsPerEpoch: 2 },
    'ERR_INVALID_ARGUMENT',
    'train ended after 1 batches, and stepsPerEpoch asks for 2.',
  ],
  ['no batches', [], {}, 'ERR_DATA_EMPTY', 'train gave no batches.'],
  [
    'no batch',
    [batch(0), 3],
    {},
    'ERR_INVALID_ARGUMENT',
    'Expected { images, shape, labels } for train[1] but received 3 of type number.',
  ],
  [
    'no images',
    [{ ...batch(0), images: [1, 2, 3] }],
    {},
    'ERR_INVALID_ARGUMENT',
    'for train[0].images but received [1, 2, 3].',
  ],
  [
    'no shape',
    [{ images: new Uint8Array(3), labels: [0] }],
    {},
    'ERR_INVALID_ARGUMENT',
    'for train[0].shape',
  ],
  [
    'another size',
    [batch(0), { ...batch(1, 1), shape: [1, 3, 1, 3] }],
    {},
    'ERR_INVALID_ARGUMENT',
    'Expected 9 values',
  ],
  [
    'another width',
    [batch(0), { ...batch(1, 2), shape: [1, 2, 1, 3], labels: [0] }],
    {},
    'ERR_INVALID_ARGUMENT',
    'Expected [N, 1, 1, 3], as the first images have for shape but received [1, 2, 1, 3].',
  ],
  [
    'bytes and floats',
    [batch(0), { ...batch(1), images: new Float32Array(6) }],
    {},
    'ERR_INVALID_ARGUMENT',
    'Expected a Uint8Array, as the first are for images but received a Float32Array of 6 values.',
  ],
  [
    'weights of some',
    [batch(0), { ...batch(1), sampleWeights: [1, 1] }],
    {},
    'ERR_INVALID_ARGUMENT',
    'for train[0].sampleWeights',
  ],
  [
    'bare arrays',
    [new Float32Array(150528), [0]],
    {},
    'ERR_INVALID_ARGUMENT',
    'train takes images, their shape and their labels in one object: train({ images: Uint8Array, shape: [N, H, W, 3], labels }, options).',
  ],
  ['a bare array', new Float32Array(150528), {}, 'ERR_INVALID_ARGUMENT', 'in one object'],
  [
    'a misspelt name',
    { ...batch(0), label: [0] },
    {},
    'ERR_UNKNOWN_OPTION',
    'Unknown option label for train',
  ],
  ['a number', 3, {}, 'ERR_INVALID_ARGUMENT', 'for train but received 3'],
  ['a misspelt option', batch(0), { steps: 3 }, 'ERR_UNKNOWN_OPTION', 'Unknown option steps for toDataset'],
  [
    'no number of steps',
    endless,
    { stepsPerEpoch: 0 },
    'ERR_INVALID_ARGUMENT',
    'a positive integer for stepsPerEpoch',
  ],
])('%s is refused', async (_, value, options, code, message) => {
  await expect(toDataset(value as never, { name: 'train', ...options })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  });
});

test('what an iterable throws is passed on', async () => {
  const failing = () => {
    throw new Error('the camera is off');
  };
  await expect(toDataset(failing, { stepsPerEpoch: 1 })).rejects.toThrow('the camera is off');
});

test("Keras' way of calling fit is explained, and nothing else", () => {
  const [x, y] = [new Float32Array(12), Int32Array.of(0)];
  expect(explainBareArrays('fit', [x, y])?.message).toBe(
    'fit takes images, their shape and their labels in one object: fit({ images: Uint8Array, shape: [N, H, W, 3], labels }, options).',
  );
  expect(explainBareArrays('validationData', [x, y])?.message).toMatch(
    /: validationData: \{ images: .* \}\.$/,
  );
  expect(explainBareArrays('fit', [[[[[1, 2, 3]]]], [0]])?.code).toBe('ERR_INVALID_ARGUMENT');
  for (const args of [[batch(0), {}], [endless], [undefined], [], [x, { epochs: 3 }]]) {
    expect(explainBareArrays('fit', args)).toBeUndefined();
  }
});

test('of images in memory the last are set aside, as they stand', () => {
  const images = imageArray(new Uint8Array(10 * 3), {
    shape: [10, 1, 1, 3],
    labels: [0, 1, 0, 1, 0, 1, 0, 1, 0, 1],
    classes,
  });
  const { train, validation } = setAside(images, 0.25, 0);
  expect(train.names).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  expect(validation.names).toEqual(['7', '8', '9']);
  const sorted = imageArray(new Uint8Array(4 * 3), { shape: [4, 1, 1, 3], labels: [0, 0, 0, 1], classes });
  expect(() => setAside(sorted, 0.25, 0)).toThrow("all of 'b' are among them: give dataset.shuffle()");
  expect(() => setAside(sorted, 0.9, 0)).toThrow(expect.objectContaining({ code: 'ERR_DATA_EMPTY' }));
  expect(() => setAside(sorted, 0, 0)).toThrow('leaves none to validate on');
});
