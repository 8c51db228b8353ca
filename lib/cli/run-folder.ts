import { existsSync, readdirSync } from 'node:fs';
import { access, constants, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finding } from '../data/finding.ts';
import { writeAtomically, writeFailed } from '../files/atomic-write.ts';
import type { EpochLogs } from '../model/callbacks.ts';
import type { TrainConfig } from '../options/train.ts';
import { version } from '../version.ts';

/** history.json: one entry an epoch; the validation's are empty without validation images. */
export interface HistoryColumns {
  loss: number[];
  accuracy: number[];
  valLoss: number[];
  valAccuracy: number[];
  /** Seconds, validation included. */
  epochSeconds: number[];
  /** Training images a second. */
  imagesPerSecond: number[];
}

/** The folder that a run writes into; every file goes through `.part` and rename. */
export class RunFolder {
  readonly path: string;
  readonly history: HistoryColumns = emptyHistory();

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes the folder, and finds out that it cannot be written before anything long begins. */
  static async open(path: string): Promise<RunFolder> {
    try {
      await mkdir(path, { recursive: true });
      await access(path, constants.W_OK);
    } catch (error) {
      throw writeFailed(path, error);
    }
    return new RunFolder(path);
  }

  file(
    name:
      | 'model.safetensors'
      | 'config.json'
      | 'history.json'
      | 'report.html'
      | 'quarantine.json'
      | 'cache'
      | 'checkpoint',
  ) {
    return join(this.path, name);
  }

  get hasCheckpoint(): boolean {
    const checkpoint = this.file('checkpoint');
    return existsSync(checkpoint) && readdirSync(checkpoint).length > 0;
  }

  /** The history that an interrupted run left here; an interruption in its first epoch leaves none. */
  async readHistory(): Promise<Partial<HistoryColumns>> {
    try {
      return JSON.parse(await readFile(this.file('history.json'), 'utf8'));
    } catch {
      return {};
    }
  }

  /** Begins the history with the first `epochs` epochs of an earlier one. */
  takeOver(earlier: Partial<HistoryColumns>, epochs: number): void {
    for (const name of Object.keys(this.history) as (keyof HistoryColumns)[]) {
      this.history[name] = (earlier[name] ?? []).slice(0, epochs);
    }
  }

  addEpoch(logs: EpochLogs): void {
    const { history } = this;
    history.loss.push(logs.loss);
    history.accuracy.push(logs.accuracy);
    if (logs.valLoss !== undefined) history.valLoss.push(logs.valLoss);
    if (logs.valAccuracy !== undefined) history.valAccuracy.push(logs.valAccuracy);
    history.epochSeconds.push(logs.epochSeconds);
    history.imagesPerSecond.push(logs.imagesPerSecond);
  }

  writeHistory(): Promise<void> {
    return this.writeJson('history.json', this.history);
  }

  /** Everything resolved, enough to run it again. */
  writeConfig(config: TrainConfig): Promise<void> {
    return this.writeJson('config.json', { thaw: version(), ...config });
  }

  /** Also when there are none, so that a list of an earlier run does not stay. */
  writeQuarantine(findings: readonly Finding[]): Promise<void> {
    return this.writeJson('quarantine.json', findings);
  }

  writeJson(name: 'config.json' | 'history.json' | 'quarantine.json', value: unknown): Promise<void> {
    return writeAtomically(this.file(name), `${JSON.stringify(value, undefined, 2)}\n`);
  }
}

function emptyHistory(): HistoryColumns {
  return { loss: [], accuracy: [], valLoss: [], valAccuracy: [], epochSeconds: [], imagesPerSecond: [] };
}

/** `runs/2025-03-01-142530`, in local time. */
export function defaultRunFolder(now = new Date()): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return join('runs', `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`);
}
