import { statfsSync } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ThawError } from '../errors.ts';
import { holdsCheckpoint } from '../files/checkpoints.ts';
import { formatBytes } from '../files/format.ts';
import { differences, halfFiles, type RunResult, readResult } from './run-result.ts';
import { type EndedRun, type Program, trainProcess } from './train-process.ts';

export interface Verification {
  program: Program;
  /** The arguments of `thaw train` but for --out and --resume. */
  args: readonly string[];
  /** Where the runs' folders are made. */
  folder: string;
  kills: number;
  /** The moments of the kills are drawn by it, uniform in [0, 1). */
  random: () => number;
  note: (sentence: string) => void;
  signal?: AbortSignal;
}

/** A kill, and what came of it. */
export interface Kill {
  run: number;
  /** After the start of its process. */
  seconds: number;
  /** The last epoch whose end was told. */
  epoch: number;
  /** In which the run went on; undefined: from the start, as there was no checkpoint yet. */
  resumedAt: number | undefined;
}

export interface ResumeProof extends RunResult {
  equal: boolean;
  /** What was not as in the uninterrupted run, in sentences. */
  differences: string[];
  /** Runs that were killed, each until it ended. */
  runs: number;
  kills: Kill[];
  /** Of the uninterrupted run. */
  seconds: number;
  /** From the start of a process to its first step: of the uninterrupted run, and the longest of those that went on. */
  startSeconds: number;
  resumeSeconds: number;
  /** The largest folder of a run. */
  bytes: number;
}

/**
 * One run to its end, then the same one killed (SIGKILL) at random moments and resumed until it ends, again and again
 * until so many kills have been made; compares what they have come to. What differs is left in its folder.
 * @throws ThawError ERR_VERIFY where the uninterrupted run fails, ERR_DISK_FULL; the signal's reason on abort
 */
export async function verifyResume(verification: Verification): Promise<ResumeProof> {
  const { folder, kills: wanted, note, signal } = verification;
  const whole = join(folder, 'uninterrupted');
  await mkdir(folder, { recursive: true });
  const first = await train(verification, whole, false);
  if (first.code !== 0) throw failed('The uninterrupted run', first);
  const expected = await readResult(whole, signal);
  const bytes = await sizeOf(whole);
  // What is there besides the files themselves: the next one of each, before it takes its place.
  requireRoom(folder, 2 * bytes);
  note(
    `uninterrupted: ${expected.epochs} epochs in ${first.seconds.toFixed(1)} s, ${formatBytes(bytes)} in its folder`,
  );

  const proof: ResumeProof = {
    ...expected,
    equal: true,
    differences: [],
    runs: 0,
    kills: [],
    seconds: first.seconds,
    startSeconds: first.began ?? first.seconds,
    resumeSeconds: 0,
    bytes,
  };
  while (proof.kills.length < wanted && proof.differences.length === 0) {
    proof.runs++;
    await killedRun(verification, join(folder, 'killed'), expected, proof);
  }
  proof.equal = proof.differences.length === 0;
  if (proof.equal) await rm(folder, { recursive: true, force: true });
  return proof;
}

/** Adds its kills to the proof, and what went wrong. */
async function killedRun(
  verification: Verification,
  folder: string,
  expected: RunResult,
  proof: ResumeProof,
): Promise<void> {
  const { kills: wanted, random, signal, note } = verification;
  await rm(folder, { recursive: true, force: true });
  const remaining = wanted - proof.kills.length;
  const wrong = (what: string) => void proof.differences.push(`run ${proof.runs}: ${what}`);
  for (;;) {
    const resumed = holdsCheckpoint(join(folder, 'checkpoint'));
    // Mostly so early that a run is killed several times.
    const moment = random() * proof.seconds * (random() < 0.5 ? 1 : 2 / (remaining + 1));
    const left = wanted - proof.kills.length;
    const ended = await train(verification, folder, resumed, left > 0 ? moment : undefined);
    const before = proof.kills.at(-1);
    if (resumed && ended.began !== undefined) {
      proof.resumeSeconds = Math.max(proof.resumeSeconds, ended.began);
      if (before) before.resumedAt = ended.startEpoch;
    }
    if (ended.signal !== 'SIGKILL') {
      if (ended.code !== 0) return wrong(failed('it', ended).message);
      for (const difference of differences(expected, await readResult(folder, signal))) wrong(difference);
      return;
    }
    proof.kills.push({ run: proof.runs, seconds: ended.seconds, epoch: ended.epoch, resumedAt: undefined });
    note(`kill ${proof.kills.length} after ${ended.seconds.toFixed(1)} s, in epoch ${ended.epoch + 1}`);
    for (const name of await halfFiles(folder, expected)) wrong(`${name} is neither whole nor absent`);
    if (proof.differences.length > 0) return;
  }
}

function train(
  { program, args, signal }: Verification,
  folder: string,
  resume: boolean,
  killAfter?: number,
): Promise<EndedRun> {
  const run = [...args, '--out', folder, ...(resume ? ['--resume'] : [])];
  return trainProcess(program, run, killAfter, signal);
}

function failed(what: string, { code, signal, stderr }: EndedRun): ThawError {
  const said = stderr.trim().split('\n').at(-1) || 'it said nothing';
  return new ThawError('ERR_VERIFY', `${what} ended with ${signal ?? `exit code ${code}`}: ${said}`);
}

function requireRoom(folder: string, bytes: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize >= bytes) return;
  throw new ThawError(
    'ERR_DISK_FULL',
    `The runs that are killed need ${formatBytes(bytes)} in ${folder}, where ${formatBytes(bavail * bsize)} are free; make room there, or choose another folder with --out.`,
  );
}

async function sizeOf(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}
