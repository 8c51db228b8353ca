import { expect, test } from '@jest/globals';
import { FORMATS, formatFor } from '../../lib/formats/write.ts';
import { save } from '../../lib/options/load.ts';
import { checkOptions } from '../../lib/options/table.ts';

test('a format is known by the end of the name, the first that fits', () => {
  for (const format of FORMATS) expect(formatFor(`out/x${format.suffix}`)).toBe(format);
  expect(() => formatFor('model.caffemodel')).toThrow(
    expect.objectContaining({ code: 'ERR_UNKNOWN_FORMAT' }),
  );
});

test("the layout is a choice of Keras' files alone", () => {
  for (const name of ['a.keras', 'a.h5', 'a.weights.h5']) {
    expect(formatFor(name, { layout: 'nested' })).toBe(formatFor(name));
  }
  for (const name of ['a.onnx', 'a.safetensors', 'model.json']) {
    expect(formatFor(name, { layout: 'flat' })).toBe(formatFor(name));
    expect(() => formatFor(name, { layout: 'nested' })).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: `The layout 'nested' is one of Keras' files (.keras, .weights.h5, .h5); '${name}' is none.`,
      }),
    );
  }
  expect(() => checkOptions('save', save, { layout: 'deep' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
  );
});
