// Weights and models in files, for backends that bring no file system of their own.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The float32 tensors of a safetensors file by name.
 * @param {string} file
 * @returns {Map<string, { data: Float32Array, shape: number[] }>}
 */
export function readSafetensors(file) {
  const bytes = readFileSync(file);
  const headerSize = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + headerSize));
  const state = new Map();
  for (const [name, { dtype, shape, data_offsets: span }] of Object.entries(header)) {
    if (name === '__metadata__' || dtype !== 'F32') continue;
    const begin = bytes.byteOffset + 8 + headerSize + span[0];
    // A copy: the offsets need not be multiples of four.
    state.set(name, { data: new Float32Array(bytes.buffer.slice(begin, begin + span[1] - span[0])), shape });
  }
  return state;
}

/**
 * Where `model.save` writes model.json and weights.bin, and `loadLayersModel` reads them: tfjs-node's `file://` reads
 * the same files.
 * @param {string} folder
 */
export function modelFiles(folder) {
  const json = path.join(folder, 'model.json');
  const bin = path.join(folder, 'weights.bin');
  return {
    save: async (/** @type {any} */ { modelTopology, weightSpecs, weightData }) => {
      const weightsManifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      writeFileSync(json, JSON.stringify({ format: 'layers-model', modelTopology, weightsManifest }));
      writeFileSync(bin, new Uint8Array(weightData));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
    load: async () => {
      const { modelTopology, weightsManifest } = JSON.parse(readFileSync(json, 'utf8'));
      const bytes = readFileSync(bin);
      const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      return { modelTopology, weightSpecs: weightsManifest[0].weights, weightData };
    },
  };
}

/** @param {string} file raw float32 values @returns {Float32Array} */
export function readFloats(file) {
  const bytes = readFileSync(file);
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}
