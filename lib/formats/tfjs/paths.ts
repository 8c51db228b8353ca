import path from 'node:path';

/** The `model.json` that a path names, or that lies in the folder that it names. */
export function modelJson(file: string): string {
  return file.endsWith('.json') ? file : path.join(file, 'model.json');
}
