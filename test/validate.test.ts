import { expect, test } from '@jest/globals';
import { closest, describe, invalid, listed, shortened, unknownOption } from '../lib/validate.ts';

/** Fails where anything but the length of the list is looked at. */
function untouchable(length: number): unknown[] {
  return new Proxy(new Array(length), {
    get(target, key) {
      if (key === 'length') return target.length;
      throw new Error(`${String(key)} was looked at`);
    },
    ownKeys() {
      throw new Error('the keys were looked at');
    },
  });
}

test('what is in a value is never walked through', () => {
  expect(describe(untouchable(60e6)) === 'an array of 60000000 values').toBe(true);
  expect(describe(new Float32Array(15e6)) === 'a Float32Array of 15000000 values').toBe(true);
  const object = { toJSON: () => expect(true).toBe(false), toString: () => expect(true).toBe(false) };
  expect(describe(object)).toBe('an object');
  const circular: unknown[] = [];
  circular.push(circular);
  expect(describe(circular)).toBe('an array of 1 value');
});

test.each([
  [undefined, 'undefined'],
  [null, 'null'],
  [-1, '-1 of type number'],
  [Number.NaN, 'NaN of type number'],
  [false, 'false of type boolean'],
  ['gpu', "'gpu' of type string"],
  [12n ** 9n, 'a bigint'],
  [Symbol('s'), 'a symbol'],
  [() => 0, 'a function'],
  [[], 'an array of 0 values'],
  [[16, 16, 3], '[16, 16, 3]'],
  [['a', 'b'], 'an array of 2 values'],
  [new Float32Array(5), 'a Float32Array of 5 values'],
  [Buffer.alloc(5), 'a Buffer of 5 bytes'],
  [new DataView(new ArrayBuffer(8)), 'a DataView of 8 bytes'],
  [new ArrayBuffer(8), 'an ArrayBuffer of 8 bytes'],
  [new Map([[1, 2]]), 'a Map of 1 value'],
  [new Set(), 'a Set of 0 values'],
  [{ a: 1 }, 'an object'],
  [Object.create(null), 'an object'],
  [new Date(0), 'a Date'],
])('%#: %p is described as %s', (value, text) => {
  expect(describe(value)).toBe(text);
});

test('messages stay a sentence, whatever they are given', () => {
  const long = 'x'.repeat(1e7);
  expect(invalid('weights', 'a path', long).message.length).toBeLessThan(150);
  expect(unknownOption(long, ['epochs'], 'for fit').message.length).toBeLessThan(150);
  expect(closest(long, ['epochs'])).toBeUndefined();
  expect(closest('epoch', [long, 'epochs'])).toBe('epochs');
  expect(shortened('short')).toBe('short');
  expect(listed(['a', 'b'])).toBe('a, b');
  expect(listed(Array.from({ length: 1000 }, (_, i) => `class ${i}`))).toMatch(
    /^class 0, .*class 7 and 992 more$/,
  );
  expect(listed([long]).length).toBeLessThanOrEqual(60);
});
