import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { packageRoot } from '../../lib/files/package-root.ts';

/** A row of the table. */
export interface Row {
  what: string;
  tried: number;
  right: number;
  details: string;
  seconds: number;
}

/** Files in memory where there is a folder for them: a proof writes gigabytes, and asks no disk to be fast. */
export const workFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Runs one proof of the engine's program; what is wrong goes to standard error as it is found. */
export async function engineProof(name: string, trials: number, seed: number): Promise<Row> {
  const start = performance.now();
  const args = [name, '--trials', String(trials), '--seed', String(seed)];
  const child = spawn(join(packageRoot(), 'build', 'test', 'prove', 'prove'), args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: workFolder },
  });
  const row: Row = { what: name, tried: 0, right: 0, details: '', seconds: 0 };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const counted = /^proof: (.+): (\d+) of (\d+) right(?:; (.*))?$/.exec(line);
    if (!counted) return void process.stderr.write(`${line}\n`);
    row.what = counted[1] ?? name;
    row.right += Number(counted[2]);
    row.tried += Number(counted[3]);
    row.details = counted[4] ?? '';
  });
  const [code, signal] = await once(child, 'close');
  row.seconds = (performance.now() - start) / 1e3;
  // Whatever it counted, its own word decides.
  if (code !== 0 && row.right === row.tried) {
    row.tried++;
    row.details += ` (it ended with ${signal ?? `exit code ${code}`})`;
  }
  return row;
}

/** Folders that killed proofs of an earlier time have left. */
export function sweep(): void {
  for (const name of readdirSync(workFolder)) {
    const pid = /^thaw-prove-(\d+)$/.exec(name)?.[1];
    if (pid && !existsSync(`/proc/${pid}`)) rmSync(join(workFolder, name), { recursive: true, force: true });
  }
}
