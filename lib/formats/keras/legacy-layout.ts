import type { Hdf5File } from './hdf5-file.ts';

/** A layer as the older layout keeps it: its variables' paths by name (`kernel`), in the order of the file. */
export interface LegacyLayer {
  name: string;
  variables: Map<string, string>;
}

/**
 * The layers of the older layout below `group`: it lists its layers in `layer_names`, and each of their groups its
 * variables in `weight_names`. A nested model is one group with the variables of all of its layers.
 */
export function legacyLayers(file: Hdf5File, group: string): LegacyLayer[] {
  return listed(file, group, 'layer_names').flatMap((layer) => {
    const names = listed(file, `${group}/${layer}`, 'weight_names');
    const inner = new Map<string, LegacyLayer>();
    const owners = new Set(names.map(ownerOf));
    if (owners.size < 2) inner.set(layer, { name: layer, variables: new Map() });
    for (const name of names) {
      // A layer's own group may call it otherwise within: `sequential/dense/kernel`, `dense_7/kernel:0`.
      const owner = owners.size < 2 ? layer : ownerOf(name);
      const variable = (name.split('/').at(-1) ?? '').replace(/:\d+$/, '');
      const variables = inner.get(owner)?.variables ?? new Map<string, string>();
      if (variables.has(variable)) throw file.refuse(`${owner} has the variable ${variable} twice`);
      variables.set(variable, `${group}/${layer}/${name}`);
      inner.set(owner, { name: owner, variables });
    }
    return [...inner.values()];
  });
}

function ownerOf(name: string): string {
  return name.split('/').at(-2) ?? '';
}

/** A list in an attribute, or in as many as it takes: `names`, else `names0`, `names1`, ... */
function listed(file: Hdf5File, group: string, attribute: string): string[] {
  const whole = file.strings(group, attribute);
  if (whole) return whole;
  const parts: string[] = [];
  for (let index = 0; ; index++) {
    const part = file.strings(group, `${attribute}${index}`);
    if (!part && index === 0) throw file.refuse(`${group} has no ${attribute}`);
    if (!part) return parts;
    for (const name of part) parts.push(name);
  }
}
