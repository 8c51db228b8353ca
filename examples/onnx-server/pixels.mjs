import sharp from 'sharp';

/** An image that cannot be decoded. */
export class UnreadableImage extends Error {}

/**
 * Decodes an image and cuts out what the network looks at, as it was trained: upright, the shorter side resized (more
 * where the crop would not fit), the centre.
 * @param {Buffer} body a JPEG, PNG, WebP, ... file
 * @param {{ height: number, width: number, resize: number }} preprocessing
 * @returns {Promise<Buffer>} RGB bytes, [height, width, 3]
 */
export async function pixelsOf(body, { height, width, resize }) {
  const image = await decode(body);
  const shorter = Math.min(image.info.width, image.info.height);
  const side = Math.max(
    resize,
    Math.ceil((width * shorter) / image.info.width),
    Math.ceil((height * shorter) / image.info.height),
  );
  const scaled = {
    width: Math.floor((side * image.info.width) / shorter),
    height: Math.floor((side * image.info.height) / shorter),
  };
  return sharp(image.data, { raw: image.info })
    .resize({ ...scaled, fit: 'fill', kernel: 'linear' })
    .extract({ left: margin(scaled.width, width), top: margin(scaled.height, height), width, height })
    .raw()
    .toBuffer();
}

/**
 * @param {Buffer} pixels RGB bytes, [height, width, 3]
 * @param {{ mean: number[], std: number[] }} preprocessing of values in 0..1
 * @returns {Float32Array} [3, height, width]
 */
export function normalised(pixels, { mean, std }) {
  const plane = pixels.length / 3;
  return Float32Array.from(pixels, (_, i) => {
    const channel = Math.floor(i / plane);
    return (pixels[(i % plane) * 3 + channel] / 255 - mean[channel]) / std[channel];
  });
}

/** Decoded apart from resizing: transparency must be gone before pixels are mixed. */
async function decode(body) {
  try {
    return await sharp(body, { autoOrient: true, limitInputPixels: 100_000_000 })
      .toColourspace('srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
  } catch (error) {
    throw new UnreadableImage('The body is not an image that can be decoded.', { cause: error });
  }
}

/** Half of what is cut off; halves of a pixel go to the even neighbour, as in PyTorch. */
function margin(length, crop) {
  const half = (length - crop) / 2;
  return half % 2 === 0.5 ? Math.floor(half) : Math.round(half);
}
