// Parameters in, lines of JSON out: the same talk as that of the Python peers and of `thaw train --json`.
import { readFileSync } from 'node:fs';

/** @returns {any} */
export function parameters() {
  return JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
}

/** @param {object} value */
export function answer(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** @param {string} name @param {object} [fields] */
export function event(name, fields = {}) {
  answer({ event: name, ...fields });
}
