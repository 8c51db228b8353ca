import { keras, pytorch } from './peers.ts';
import type { Python } from './python.ts';
import { doesJob, ROWS } from './rows.ts';
import type { Of, System } from './system.ts';
import { tfjs } from './tfjs.ts';
import { thaw } from './thaw.ts';

/** Every system at hand, thaw first; what is missing, and the sentence that says how to get it; versions. */
export async function findSystems(python: Python, of: Of) {
  const cuda = of.device === 'cuda';
  const tensorflow = await tfjs(of);
  // On a GPU PyTorch alone is measured beside thaw.
  const others = cuda ? [] : [keras(python, of), ...tensorflow.families];
  const families = [thaw(of), ...pytorch(python, of), ...others];
  const found = ROWS.flatMap((row): System[] => {
    // What holds of a longer name stands after what holds of its beginning.
    const family = families.findLast(({ name }) => row.name.startsWith(name));
    if (!family || family.advice !== undefined) return [];
    const variant = row.name.slice(row.name.indexOf('-') + 1);
    const command = (job: Parameters<System['command']>[0]) => family.start(job, variant);
    return [{ ...row, does: (job) => doesJob(row, job, cuda), command }];
  });
  const missing = families.flatMap(({ name, advice }) => (advice === undefined ? [] : [{ name, advice }]));
  return { found, missing, versions: { ...python.versions, ...tensorflow.versions } };
}
