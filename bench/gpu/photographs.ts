import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { NativeDataset } from '../../lib/native.ts';

/** `count` photographs of a folder of class folders, taken class by class in turns, and over again where they are few. */
export function photographs(folder: string, count: number): NativeDataset {
  const classes = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(folder, entry.name))
    .sort();
  const files = classes.map((name) =>
    readdirSync(name)
      .filter((file) => !file.startsWith('.'))
      .sort()
      .map((file) => path.join(name, file)),
  );
  const paths: string[] = [];
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const label = i % classes.length;
    const own = files[label] ?? [];
    const file = own[Math.floor(i / classes.length) % own.length];
    if (file === undefined) throw new RangeError(`There is no photograph in ${classes[label]}.`);
    paths.push(file);
    labels[i] = label;
  }
  return { paths, labels };
}
