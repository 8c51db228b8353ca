import { run } from '../../lib/system/run.ts';
import { median } from '../measuring/statistics.ts';
import type { PeerAnswer } from './peer.ts';

/** What is measured, with images that are on the device already; the batch is as large as it pays. */
export interface Task {
  name: string;
  title: string;
  batch: number;
  /** Images a second on an H100, in bfloat16. */
  goal: number;
}

export const TASKS: readonly Task[] = [
  { name: 'forward', title: 'forward only', batch: 256, goal: 20_000 },
  { name: 'everything', title: 'everything trained', batch: 256, goal: 3_500 },
  { name: 'everything-frozen-norm', title: 'everything, frozen BatchNorm', batch: 256, goal: 6_000 },
  { name: 'layer4', title: 'layer4 + head', batch: 256, goal: 18_000 },
  { name: 'layer4-cached', title: 'layer4 + head from the cache', batch: 256, goal: 45_000 },
  { name: 'head-cached', title: 'head from the cache', batch: 4096, goal: 2_000_000 },
];

export interface SpeedRow {
  task: string;
  title: string;
  batch: number;
  side: number;
  precision: string;
  goal: number;
  /** One entry a run, of thaw, of thaw without kernels of its own, and of each variant of PyTorch. */
  imagesPerSecond: Record<string, number[]>;
  median: Record<string, number>;
  /** Bytes of the device's memory that thaw held at most. */
  peakBytes: number;
  errors: Record<string, string>;
  /** What thaw had to say, such as that something fast could not be had here. */
  notices: string[];
}

export interface SpeedSubject {
  steps: string;
  device: string;
  precision: 'bfloat16' | 'float32';
  quick: boolean;
  runs: number;
  variants: readonly string[];
  ask: (request: object, seconds: number) => Promise<PeerAnswer>;
  note: (line: string) => void;
}

/** Thaw with libtorch's BatchNorm, sum and ReLU in place of its own kernels. */
export const UNFUSED = 'thaw unfused';

/** A first measurement compiles; one that takes longer than this is given up. */
const PATIENCE = 420;

/** Thaw and PyTorch in turns. */
export async function speed(task: Task, subject: SpeedSubject): Promise<SpeedRow> {
  const { steps, device, precision, quick, runs, variants, ask, note } = subject;
  const batch = quick ? 2 : task.batch;
  const side = quick ? 64 : 224;
  const seconds = quick ? 0.2 : 3;
  const own = device === 'cpu' ? ['thaw'] : ['thaw', UNFUSED];
  const row: SpeedRow = {
    task: task.name,
    title: task.title,
    batch,
    side,
    precision,
    goal: task.goal,
    imagesPerSecond: Object.fromEntries([...own, ...variants].map((name) => [name, []])),
    median: {},
    peakBytes: 0,
    errors: {},
    notices: [],
  };
  for (let i = 0; i < runs; i++) {
    for (const system of own) {
      const args = [task.name, device, precision, `${batch}`, `${side}`, `${seconds}`];
      if (row.errors[system] !== undefined) continue;
      const mine = await thaw(steps, args, system === UNFUSED ? { THAW_NVRTC: 'none' } : {});
      if ('error' in mine) {
        row.errors[system] = mine.error;
        note(`${task.title}, run ${i + 1}: ${system}: ${mine.error}`);
        continue;
      }
      row.imagesPerSecond[system]?.push(mine.imagesPerSecond);
      note(`${task.title}, run ${i + 1}: ${system} ${mine.imagesPerSecond.toFixed(0)} images/s`);
      if (system === UNFUSED) continue;
      row.peakBytes = Math.max(row.peakBytes, mine.peakBytes);
      for (const notice of mine.notices) {
        if (row.notices.includes(notice)) continue;
        row.notices.push(notice);
        note(`  ${notice}`);
      }
    }
    for (const variant of variants) {
      if (row.errors[variant] !== undefined) continue;
      const request = { task: task.name, device, precision, batch, side, variant, seconds };
      const { imagesPerSecond, error } = await ask(request, PATIENCE);
      if (imagesPerSecond === undefined) row.errors[variant] = error ?? 'no answer';
      else row.imagesPerSecond[variant]?.push(imagesPerSecond);
      note(`  PyTorch ${variant}: ${imagesPerSecond?.toFixed(0) ?? error}`);
    }
  }
  for (const [name, values] of Object.entries(row.imagesPerSecond)) {
    if (values.length > 0) row.median[name] = median(values);
  }
  return row;
}

type Measured = { imagesPerSecond: number; peakBytes: number; notices: string[] };

/** A failure is an answer as well: what is measured next may succeed. */
async function thaw(
  command: string,
  args: readonly string[],
  settings: NodeJS.ProcessEnv,
): Promise<Measured | { error: string }> {
  const { status, stdout, stderr } = await run(command, args, { env: { ...process.env, ...settings } });
  const notices = stderr.split('\n').filter((line) => line.trim() !== '');
  if (status === 0) return { ...(JSON.parse(stdout) as Omit<Measured, 'notices'>), notices };
  return { error: `bench_steps ${args.join(' ')}: ${notices.at(-1)?.trim() ?? `status ${status}`}` };
}
