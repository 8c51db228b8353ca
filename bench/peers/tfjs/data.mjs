// Photographs in folders: shorter side to 256, centre crop of 224, ImageNet's statistics.
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];

/**
 * @param {any} tf TensorFlow.js with decoding (tfjs-node)
 * @param {string} folder
 * @param {{ batchSize: number, shuffle: boolean, seed: number }} options
 */
export function photographs(tf, folder, { batchSize, shuffle, seed }) {
  const classes = readdirSync(folder).sort();
  const files = classes.flatMap((name, label) =>
    readdirSync(path.join(folder, name))
      .sort()
      .map((file) => ({ file: path.join(folder, name, file), label })),
  );
  let data = tf.data.array(files);
  if (shuffle) data = data.shuffle(files.length, String(seed));
  data = data
    .mapAsync(async (/** @type {{ file: string, label: number }} */ { file, label }) => {
      const bytes = await readFile(file);
      const one = tf.tidy(() => tf.oneHot(tf.scalar(label, 'int32'), classes.length));
      return { xs: prepare(tf, bytes), ys: one };
    })
    .batch(batchSize);
  return { data, classes };
}

/**
 * @param {any} tf
 * @param {Uint8Array} bytes of a JPEG file
 * @returns {any} [224, 224, 3]
 */
export function prepare(tf, bytes) {
  return tf.tidy(() => {
    const image = tf.node.decodeJpeg(bytes, 3);
    const [height, width] = image.shape;
    const ratio = 256 / Math.min(height, width);
    const size = [Math.round(height * ratio), Math.round(width * ratio)];
    const resized = tf.image.resizeBilinear(image, size);
    const corner = size.map((length) => (length - 224) >> 1);
    const crop = tf.slice(resized, [...corner, 0], [224, 224, 3]);
    return crop.div(255).sub(MEAN).div(DEVIATION);
  });
}
