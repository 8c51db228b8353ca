/** How many of a file's first bytes are looked at. */
export const sniffedBytes = 16;

/** Extension and first bytes (hex, with dots for any) of the formats that are images. */
const beginnings: readonly (readonly [extension: string, bytes: RegExp])[] = [
  ['jpg', /^ffd8ff/],
  ['png', /^89504e470d0a1a0a/],
  ['gif', /^47494638(37|39)61/],
  ['webp', /^52494646.{8}57454250/],
  ['tif', /^(49492a00|4d4d002a|49492b00|4d4d002b)/],
  ['bmp', /^424d.{8}00000000/],
  // "P1" to "P6" and a blank.
  ['ppm', /^503[1-6](0a|20|09|0d)/],
  // ISO base media: a box 'ftyp' with its major brand.
  ['avif', /^.{8}66747970(61766966|61766973)/],
  ['heic', /^.{8}66747970(68656963|68656978|68657663|6d696631|6d736631|6865696d)/],
  ['jp2', /^0000000c6a502020/],
  ['jxl', /^(ff0a|0000000c4a584c20)/],
];

/** The extension of the format that a file begins as. */
export function beginsAs(bytes: Uint8Array): string | undefined {
  const hex = Buffer.from(bytes).toString('hex');
  return beginnings.find(([, beginning]) => beginning.test(hex))?.[0];
}
