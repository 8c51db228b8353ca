// Parameters in, lines of JSON out, as the Python peers and `thaw train --json` talk; and files for backends that bring
// no file system of their own.
import { readFileSync } from 'node:fs';
import path from 'node:path';

/** @returns {any} */
export function parameters() {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
}

/** @param {object} value */
export function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/**
 * What `loadLayersModel` reads a model.json with its shards from, as tfjs-node reads `file://`.
 * @param {string} file
 */
export function modelFiles(file) {
  return {
    load: async () => {
      const { modelTopology, weightsManifest } = JSON.parse(readFileSync(file, 'utf8'));
      const paths = weightsManifest.flatMap((/** @type {any} */ group) => group.paths);
      const shards = paths.map((/** @type {string} */ name) =>
        readFileSync(path.join(path.dirname(file), name)),
      );
      const weightSpecs = weightsManifest.flatMap((/** @type {any} */ group) => group.weights);
      return { modelTopology, weightSpecs, weightData: exact(Buffer.concat(shards)) };
    },
  };
}

/** @param {string} file raw float32 values @returns {Float32Array} */
export function readFloats(file) {
  return new Float32Array(exact(readFileSync(file)));
}

/** @param {Buffer} bytes maybe a part of a larger buffer */
function exact({ buffer, byteOffset, byteLength }) {
  return buffer.slice(byteOffset, byteOffset + byteLength);
}
