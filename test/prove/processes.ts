/** Whole processes of `thaw train`: killed at random moments, at their calls for files, and with calls that fail. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants as system } from 'node:os';
import { join } from 'node:path';
import { Random } from '../../lib/demo/random.ts';
import { packageRoot } from '../../lib/files/package-root.ts';
import { differences, halfFiles, type RunResult, readResult } from '../../lib/verify/run-result.ts';
import { type EndedRun, type Program, trainProcess } from '../../lib/verify/train-process.ts';
import { verifyResume } from '../../lib/verify/verify-resume.ts';
import { drawFolder } from '../support/images.ts';
import { type Row, workFolder } from './engine.ts';

const library = join(packageRoot(), 'dist', 'lib');
export const faults = join(packageRoot(), 'build', 'Release', 'libthaw_faults.so');

const settings = [
  ...['--architecture', 'resnet18', '--weights', 'none', '--input-size', '32', '--batch-size', '4'],
  ...['--epochs', '4', '--augment', 'flip', '--head', 'gap,dense:8:relu,dropout:0.2,dense'],
  ...['--early-stopping', '3', '--seed', '3', '--threads', '1'],
];

/** A folder with images, and how `thaw train` is run on them. */
export class Processes {
  readonly folder = mkdtempSync(join(workFolder, 'thaw-prove-node-'));
  readonly args = ['--data', join(this.folder, 'photos'), ...settings];
  readonly program: Program = {
    command: [process.execPath, join(library, 'cli', 'main.js')],
    cwd: this.folder,
    env: { ...process.env, OMP_NUM_THREADS: '1', THAW_CACHE: join(this.folder, 'cache') },
  };
  expected: RunResult | undefined;

  async prepare(): Promise<RunResult> {
    if (this.expected) return this.expected;
    await drawFolder(join(this.folder, 'photos'), ['circle', 'square'], 8);
    const whole = join(this.folder, 'whole');
    const ended = await trainProcess(this.program, [...this.args, '--out', whole]);
    if (ended.code !== 0) throw new Error(`An uninterrupted run ended with ${ended.code}: ${ended.stderr}`);
    this.expected = await readResult(whole);
    return this.expected;
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** kill -9 at random moments. */
  async random(kills: number, seed: number): Promise<Row> {
    const start = performance.now();
    const random = new Random(seed);
    const proof = await verifyResume({
      program: this.program,
      args: this.args,
      folder: join(this.folder, 'random'),
      kills,
      random: () => random.between(0, 1),
      note: () => undefined,
    });
    for (const difference of proof.differences)
      process.stderr.write(`wrong: thaw train, seed ${seed}: ${difference}\n`);
    const resume = `${proof.resumeSeconds.toFixed(1)} s to the first step of a resumed run at most, ${proof.startSeconds.toFixed(1)} s of the uninterrupted one`;
    return {
      what: 'thaw train, processes killed at random moments',
      tried: proof.runs,
      right: proof.equal ? proof.runs : proof.runs - 1,
      details: `${proof.kills.length} kills; ${resume}`,
      seconds: (performance.now() - start) / 1e3,
    };
  }

  /** Ended in each call for a file of the run, before it or after half of a write; at most so many. */
  async calls(trials: number): Promise<Row> {
    return this.#each('thaw train, ended at one call for a file', trials, (number, torn) => ({
      THAW_FAULTS_KILL_AT: String(number),
      THAW_FAULTS_TORN: torn ? '1' : '0',
    }));
  }

  /** Each call for a file fails once, of a full disk or a broken one. */
  async failures(trials: number): Promise<Row> {
    const { ENOSPC, EIO } = system.errno;
    return this.#each('thaw train, one call for a file failed', trials, (number, other) => ({
      THAW_FAULTS_FAIL_AT: String(number),
      THAW_FAULTS_ERROR: String(other ? ENOSPC : EIO),
    }));
  }

  async #each(
    what: string,
    trials: number,
    faultsOf: (number: number, other: boolean) => Record<string, string>,
  ): Promise<Row> {
    const start = performance.now();
    const expected = await this.prepare();
    const folder = join(this.folder, 'each');
    const calls = await this.#count(folder);
    const row: Row = { what, tried: 0, right: 0, details: `${calls} calls in a run`, seconds: 0 };
    const tried = Math.min(trials, 2 * calls);
    for (let trial = 0; trial < tried; trial++) {
      const i = Math.floor((trial * 2 * calls) / tried);
      const wrong = await this.#one(folder, expected, faultsOf(Math.floor(i / 2), i % 2 === 1));
      row.tried++;
      if (wrong.length === 0) row.right++;
      else process.stderr.write(`wrong: ${what}, call ${i / 2}: ${wrong.join('; ')}\n`);
    }
    row.seconds = (performance.now() - start) / 1e3;
    return row;
  }

  /** How many calls for its files a run makes. */
  async #count(folder: string): Promise<number> {
    const trace = join(this.folder, 'trace');
    rmSync(trace, { force: true });
    await this.#faulty(folder, { THAW_FAULTS_TRACE: trace });
    return recordsIn(readFileSync(trace));
  }

  #faulty(folder: string, plan: Record<string, string>): Promise<EndedRun> {
    rmSync(folder, { recursive: true, force: true });
    const env = { ...this.program.env, LD_PRELOAD: faults, THAW_FAULTS_FOLDER: folder, ...plan };
    return trainProcess({ ...this.program, env }, [...this.args, '--out', folder]);
  }

  async #one(folder: string, expected: RunResult, plan: Record<string, string>): Promise<string[]> {
    const ended = await this.#faulty(folder, plan);
    const said = ended.stderr.trim();
    const half = (await halfFiles(folder, expected)).map((name) => `${name} is neither whole nor absent`);
    if (half.length > 0) return half;
    if (ended.code === 0) return differences(expected, await readResult(folder));
    if (ended.signal && ended.signal !== 'SIGKILL') return [`it ended with ${ended.signal}`];
    if (!ended.signal && (ended.code !== 1 || !/^thaw: (?!Something unexpected).+$/m.test(said))) {
      return [`it ended with exit code ${ended.code}: ${said}`];
    }
    const again = await trainProcess(this.program, [...this.args, '--out', folder, '--resume']);
    if (again.code !== 0)
      return [`resumed, it ended with ${again.signal ?? again.code}: ${again.stderr.trim()}`];
    return differences(expected, await readResult(folder));
  }
}

/** Of a trace (trace.h): six int64 each, of which the last three are the lengths of what follows. */
function recordsIn(trace: Buffer): number {
  let records = 0;
  for (let at = 0; at + 48 <= trace.length; records++) {
    const length = (i: number) => Number(trace.readBigInt64LE(at + 8 * i));
    at += 48 + length(3) + length(4) + length(5);
  }
  return records;
}
