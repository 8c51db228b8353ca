import { readFileSync } from 'node:fs';
import type { BenchOptions } from '../options.ts';

/** A job, as systems/thaw.ts has written it for a process of its own. */
export function parameters<Job>() {
  type Given = Job & { weights: string; epsilon: number } & Pick<BenchOptions, 'device' | 'kernels'>;
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Given;
}

export function answer(value: object): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
