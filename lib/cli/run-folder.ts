import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Finding } from '../data/finding.ts';
import { writeAtomically } from '../files/atomic-write.ts';
import { holdsCheckpoint } from '../files/checkpoints.ts';
import type { EpochLogs } from '../model/callbacks.ts';
import type { TrainConfig } from '../options/train.ts';
import { OwnedFolder } from '../system/owned-folder.ts';
import { lockRun, ownerText } from '../system/run-lock.ts';
import { version } from '../version.ts';
import { followed, putAside } from './put-aside.ts';

/**
 * What a run writes, in the order in which a new one puts an older one's aside: first what could be resumed, last what
 * says that there is a run. `cache` stays: what is in it is found by what it was made of.
 */
const runFiles = [
  'checkpoint',
  'model.safetensors',
  'report.html',
  'history.json',
  'quarantine.json',
  'config.json',
] as const;

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
  /** Of the last step. */
  learningRate: number[];
}

/** The folder that a run writes into; every file goes through `.part` and rename. */
export class RunFolder {
  readonly path: string;
  readonly history: HistoryColumns = emptyHistory();
  readonly #owned: OwnedFolder;
  #config: TrainConfig | undefined;

  /**
   * Makes the folder and takes it for this run alone, before anything long begins.
   * @throws ThawError ERR_RUN_IN_USE, ERR_WRITE_FAILED, ERR_DISK_FULL
   */
  constructor(path: string) {
    this.path = path;
    this.#owned = new OwnedFolder(path);
    try {
      // Another program may train with this checkpoint; a run that was killed leaves a lock here as well.
      if (existsSync(this.file('checkpoint'))) lockRun(this.file('checkpoint')).release();
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  /** Gives it up; a folder that was made and is empty is removed. */
  leave(): void {
    this.#owned.leave();
  }

  /** A sentence where a run was killed here. */
  get takenOver(): string | undefined {
    const owner = this.#owned.takenOver;
    return owner && `The last run here was killed (${ownerText(owner)}): its folder is taken over.`;
  }

  file(name: (typeof runFiles)[number] | 'cache') {
    return join(this.path, name);
  }

  get hasCheckpoint(): boolean {
    return holdsCheckpoint(this.file('checkpoint'));
  }

  /**
   * Puts the files of an earlier run aside.
   * @returns where they are, and where `weights` are then; undefined where there were none
   */
  putAside(weights: string): { folder: string; weights: string } | undefined {
    const follow = followed(weights, this.path, runFiles);
    const folder = putAside(this.path, runFiles, timeStamp(new Date()));
    return folder === undefined ? undefined : { folder, weights: follow(folder) };
  }

  /**
   * Makes it again where it was removed while the run went on, with its configuration.
   * @returns whether it was
   */
  async restore(): Promise<boolean> {
    const removed = !existsSync(this.file('config.json'));
    if (removed && this.#config) await this.writeConfig(this.#config);
    return removed;
  }

  /** Begins the history with the epochs of the run that is gone on with: the checkpoint's, whatever the file says. */
  takeOver(epochs: readonly EpochLogs[]): void {
    for (const column of Object.values(this.history)) column.length = 0;
    for (const epoch of epochs) this.addEpoch(epoch);
  }

  addEpoch(logs: EpochLogs): void {
    const { history } = this;
    history.loss.push(logs.loss);
    history.accuracy.push(logs.accuracy);
    if (logs.valLoss !== undefined) history.valLoss.push(logs.valLoss);
    if (logs.valAccuracy !== undefined) history.valAccuracy.push(logs.valAccuracy);
    history.epochSeconds.push(logs.epochSeconds);
    history.imagesPerSecond.push(logs.imagesPerSecond);
    history.learningRate.push(logs.learningRate);
  }

  writeHistory(): Promise<void> {
    return this.writeJson('history.json', this.history);
  }

  /** Everything resolved, enough to run it again. */
  writeConfig(config: TrainConfig): Promise<void> {
    this.#config = config;
    return this.writeJson('config.json', { thaw: version(), ...config });
  }

  /** Also when there are none, so that a list of an earlier run does not stay. */
  writeQuarantine(findings: readonly Finding[]): Promise<void> {
    return this.writeJson('quarantine.json', findings);
  }

  async writeJson(name: 'config.json' | 'history.json' | 'quarantine.json', value: unknown): Promise<void> {
    this.#owned.restore();
    return writeAtomically(this.file(name), `${JSON.stringify(value, undefined, 2)}\n`);
  }
}

function emptyHistory(): HistoryColumns {
  return {
    loss: [],
    accuracy: [],
    valLoss: [],
    valAccuracy: [],
    epochSeconds: [],
    imagesPerSecond: [],
    learningRate: [],
  };
}

/** `runs/2025-03-01-142530`, in local time. */
export function defaultRunFolder(now = new Date()): string {
  return join('runs', timeStamp(now));
}

function timeStamp(now: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}
