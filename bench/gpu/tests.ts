import path from 'node:path';
import { run } from '../../lib/system/run.ts';

/** The engine's tests that do something else on a GPU than elsewhere. */
export const TESTS = [
  'device_cuda_test',
  'device_graph_test',
  'device_nvjpeg_test',
  'data_device_views_test',
  'model_frozen_test',
  'model_norm_kernels_test',
  'train_graphed_step_test',
  'train_fit_cuda_test',
  'train_memory_test',
] as const;

export interface TestResult {
  name: string;
  passed: boolean;
  /** Tests of it that were not done. */
  skipped: number;
  /** What it said, where it failed. */
  output?: string;
}

export async function tests(buildFolder: string, note: (line: string) => void): Promise<TestResult[]> {
  const results: TestResult[] = [];
  for (const name of TESTS) {
    const { status, stdout, stderr } = await run(path.join(buildFolder, 'test', 'engine', name), []);
    const skipped = stdout.split('\n').filter((line) => line.includes('skipped:')).length;
    const output = (stdout + stderr).trim();
    results.push({ name, passed: status === 0, skipped, ...(status !== 0 && { output }) });
    note(`${name}: ${status === 0 ? 'passed' : `FAILED\n${output}`}${skipped ? `, ${skipped} skipped` : ''}`);
  }
  return results;
}
