// Brings TensorFlow.js with the backend that the variant names.
import { createRequire } from 'node:module';
import path from 'node:path';
import { honourTrainable } from './honour-trainable.mjs';

const require = createRequire(import.meta.url);

/**
 * @param {'wasm' | 'node' | 'node-patched'} variant
 * @returns {Promise<any>} TensorFlow.js' namespace
 */
export async function loadTensorFlow(variant) {
  if (variant === 'wasm') return loadWasm();
  const tf = require('@tensorflow/tfjs-node');
  if (variant === 'node-patched') honourTrainable(tf);
  await tf.ready();
  return tf;
}

async function loadWasm() {
  const { setWasmPaths } = require('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(`${path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  const core = require('@tensorflow/tfjs');
  await core.setBackend('wasm');
  return core;
}
