import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../files/sha256.ts';

/** What a run has come to, whatever time it took. */
export interface RunResult {
  /** SHA-256 of model.safetensors. */
  model: string;
  /** SHA-256 of history.json without its times. */
  history: string;
  epochs: number;
}

/** What of a history is time. */
const times: ReadonlySet<string> = new Set(['epochSeconds', 'imagesPerSecond']);

/** @throws ThawError ERR_IO; SyntaxError where history.json is no JSON */
export async function readResult(folder: string, signal?: AbortSignal): Promise<RunResult> {
  const columns: Record<string, unknown> = JSON.parse(await readFile(join(folder, 'history.json'), 'utf8'));
  const lasting = Object.entries(columns).filter(([name]) => !times.has(name));
  return {
    model: await sha256(join(folder, 'model.safetensors'), signal),
    history: createHash('sha256').update(JSON.stringify(lasting)).digest('hex'),
    epochs: (columns.loss as readonly number[]).length,
  };
}

/** In words, what one has that the other has not. */
export function differences(expected: RunResult, found: RunResult): string[] {
  return [
    ...(found.epochs === expected.epochs
      ? []
      : [`its history has ${found.epochs} epochs, not ${expected.epochs}`]),
    ...(found.history === expected.history ? [] : ['its history differs']),
    ...(found.model === expected.model ? [] : ['its model.safetensors differs']),
  ];
}

/**
 * Of the folder of a run that was ended at any moment: which of its files are neither whole nor absent. The model is
 * whole if it is that of the uninterrupted run.
 */
export async function halfFiles(folder: string, expected: RunResult): Promise<string[]> {
  const half: string[] = [];
  for (const name of ['config.json', 'history.json', 'skipped.json']) {
    const text = await contentOf(join(folder, name));
    if (text !== undefined && !isJson(text)) half.push(name);
  }
  const page = await contentOf(join(folder, 'report.html'));
  if (page !== undefined && !page.trimEnd().endsWith('</html>')) half.push('report.html');
  const model = join(folder, 'model.safetensors');
  if (existsSync(model) && (await sha256(model)) !== expected.model) half.push('model.safetensors');
  return half;
}

async function contentOf(file: string): Promise<string | undefined> {
  return existsSync(file) ? readFile(file, 'utf8') : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
