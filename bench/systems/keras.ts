import path from 'node:path';
import type { Python } from './python.ts';
import { EPSILON, type Missing, type System } from './system.ts';
import type { Of } from './thaw.ts';

/** Keras 3 on TensorFlow. */
export function keras(python: Python, { weights, folder }: Of): System | Missing {
  const title = 'Keras';
  const advice = python.lacks(['keras', 'tensorflow', 'numpy']);
  if (advice !== undefined) return { title, advice };
  let runs = 0;
  const command = async (script: string, job: object) => {
    const file = await weights.as('resnet50.keras', (given) =>
      python.command('keras/logits.py', given, folder),
    );
    return python.command(`keras/${script}.py`, { ...job, weights: file, epsilon: EPSILON }, folder);
  };
  return {
    name: 'keras',
    title,
    slow: true,
    caches: false,
    train: (job) => command('train', { ...job, out: path.join(folder, `keras-${++runs}.keras`) }),
    steps: (job) => (job.task === 'forward' ? () => command('forward', job) : undefined),
    predict: (image) => command('predict', { image }),
  };
}
