import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { FormatError, quoted } from './format-error.ts';
import type { ManifestGroup } from './manifest.ts';

/** A group's shards laid end to end. */
export interface Shards {
  /** The bytes from `start`, as many as are asked for. */
  read(start: number, bytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Finds a group's shards; nothing is read before they are as long as its weights.
 * @throws FormatError
 */
export async function openShards(folder: string, { paths, bytes }: ManifestGroup): Promise<Shards> {
  const shards: { name: string; file: string; start: number; end: number }[] = [];
  let end = 0;
  for (const name of paths) {
    const file = path.join(folder, name);
    const facts = await stat(file).catch(() => undefined);
    if (!facts?.isFile()) throw new FormatError(`its shard ${quoted(name)} is not there`);
    shards.push({ name, file, start: end, end: end + facts.size });
    end += facts.size;
  }
  if (end !== bytes) throw new FormatError(`its weights have ${bytes} bytes, but its shards ${end}`);

  const read = async (start: number, length: number) => {
    const result = new Uint8Array(length);
    for (const shard of shards) {
      const from = Math.max(start, shard.start);
      const to = Math.min(start + length, shard.end);
      if (from >= to) continue;
      const file = await open(shard.file);
      try {
        const { bytesRead } = await file.read(result, from - start, to - from, from - shard.start);
        if (bytesRead !== to - from) throw new FormatError(`its shard ${quoted(shard.name)} ends early`);
      } finally {
        await file.close();
      }
    }
    return result;
  };
  return { read };
}
