import type { Python } from './python.ts';
import { type Missing, type Of, peer, type System } from './system.ts';

/** Keras 3 on TensorFlow. */
export function keras(python: Python, of: Of): System | Missing {
  const title = 'Keras';
  const advice = python.lacks(['keras', 'tensorflow', 'numpy']);
  if (advice !== undefined) return { title, advice };
  const does: System['does'] = (job) => (job.work === 'steps' ? job.task === 'forward' : !('drift' in job));
  const program = (job: object) => python.command('keras/peer.py', job, of.folder);
  return peer({ name: 'keras', title, slow: true, does }, 'resnet50.keras', program, of);
}
