import type { Job } from './system.ts';

/** Kinds of jobs; steps are told apart by what is computed: the network forward, or training in a precision. */
type Kind = 'train' | 'behave' | 'predict' | 'forward' | 'float32' | 'bfloat16';

/** A system in words; how its programs are started is its family's. */
export interface Row {
  /** Its family and, after a dash, its variant: `pytorch-tuned`. */
  readonly name: string;
  /** What tables call it. */
  readonly title: string;
  /** Slow enough that a part of the images stands for all of them. */
  readonly slow?: boolean;
  /** Whether its epochs differ from each other, so that only the whole of a run tells its time. */
  readonly caches?: boolean;
  /** It is about what is frozen: where everything is trained there is nothing for it to do. */
  readonly frozen?: boolean;
  readonly does: readonly Kind[];
  /** In place of that where it differs. */
  readonly onGpu?: readonly Kind[];
}

const STEPS = ['forward', 'float32', 'bfloat16'] as const;

/** PyTorch is there as its tutorial writes it, as an expert tunes it, and with what is to be written by hand. */
export const ROWS: readonly Row[] = [
  { name: 'thaw', title: 'thaw', caches: true, does: ['train', 'behave', 'predict', ...STEPS] },
  {
    name: 'pytorch-tutorial',
    title: 'PyTorch, tutorial',
    slow: true,
    does: ['train', 'predict', 'forward'],
    onGpu: ['train', 'predict'],
  },
  { name: 'pytorch-tuned', title: 'PyTorch, tuned', does: ['train', ...STEPS] },
  {
    name: 'pytorch-compiled',
    title: 'PyTorch, tuned + compile',
    does: ['train', 'forward'],
    onGpu: ['train', 'forward', 'bfloat16'],
  },
  { name: 'pytorch-cached', title: 'PyTorch, feature cache', caches: true, frozen: true, does: ['train'] },
  { name: 'pytorch-cast', title: 'PyTorch, float32 masters', does: ['bfloat16'], onGpu: [] },
  {
    name: 'pytorch-folded',
    title: 'PyTorch, folded',
    frozen: true,
    does: ['float32', 'bfloat16'],
    onGpu: [],
  },
  { name: 'keras', title: 'Keras', slow: true, does: ['train', 'predict', 'forward'] },
  // WebAssembly runs the network but cannot train it; the patch changes training alone.
  { name: 'tfjs-wasm', title: 'TensorFlow.js, wasm', slow: true, does: ['forward'] },
  { name: 'tfjs-node', title: 'tfjs-node', slow: true, does: ['train', 'behave', 'forward'] },
  {
    name: 'tfjs-node-patched',
    title: 'tfjs-node, patched',
    slow: true,
    does: ['train', 'behave'],
    onGpu: [],
  },
];

export function doesJob({ does, onGpu = does, frozen = false }: Row, job: Job, cuda: boolean): boolean {
  const steps = job.work === 'steps';
  const kind = !steps ? job.work : job.task === 'forward' ? 'forward' : job.precision;
  const level = job.work === 'predict' ? '' : steps ? job.task : job.level;
  return (cuda ? onGpu : does).some((each) => each === kind) && !(frozen && level.startsWith('everything'));
}
