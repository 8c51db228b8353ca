import { readdirSync } from 'node:fs';
import { smallData, smallImages, smallModel } from './small-model.ts';

export interface Held {
  /** Resident, in bytes. */
  memory: number;
  handles: number;
  threads: number;
}

export function held(): Held {
  return {
    memory: process.memoryUsage.rss(),
    handles: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  };
}

/** A network is loaded, fitted to one batch, evaluated, asked, and disposed of, so many times; what is held after each. */
export async function growth(rounds: number): Promise<Held[]> {
  const data = smallData();
  const all: Held[] = [];
  for (let round = 0; round < rounds; round++) {
    const model = await smallModel();
    await model.fit(data, { epochs: 1, batchSize: data.size });
    await model.evaluate(data);
    await model.predict(smallImages);
    model.dispose();
    all.push(held());
  }
  return all;
}

/** By how much the last quarter holds more than the second one, each by its smallest. */
export function grown(all: readonly Held[]): Held {
  const quarter = Math.floor(all.length / 4);
  const least = (from: number, what: keyof Held) =>
    Math.min(...all.slice(from, from + quarter).map((each) => each[what]));
  const difference = (what: keyof Held) => least(all.length - quarter, what) - least(quarter, what);
  return { memory: difference('memory'), handles: difference('handles'), threads: difference('threads') };
}
