import path from 'node:path';
import type { Python } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Weights } from './weights.ts';

/** Keras 3 on TensorFlow. */
export function keras(python: Python, weights: Weights, folder: string): System | Missing {
  const title = 'Keras';
  const advice = python.lacks(['keras', 'tensorflow', 'numpy']);
  if (advice !== undefined) return { title, advice };
  let runs = 0;
  const command = async (script: string, job: object) => {
    const parameters = { ...job, weights: await weights.keras(python), epsilon: EPSILON };
    return python.command(script, parameters, folder);
  };
  return {
    name: 'keras',
    title,
    slow: true,
    caches: false,
    train: (job) => command('keras/train.py', { ...job, out: path.join(folder, `keras-${++runs}.keras`) }),
    forward: (job) => command('keras/forward.py', job),
    predict: (image) => command('keras/predict.py', { image }),
  };
}
