import { unusable } from '../options/arguments.ts';
import { listed } from '../validate.ts';
import type { CommandModel } from './api.ts';

/** What becomes of the head of the file that training starts from. */
export interface HeadPlan {
  /** As `--head` says it: `keep`, or the layers of a new one. */
  head: string;
  /** Of the outputs, in their order. */
  classes: readonly string[];
  /** For people: what is done, and why. */
  note: string;
}

/**
 * @param asked `--head`, where it is given
 * @param classes of the data
 * @throws ThawError ERR_INVALID_ARGUMENT where the head cannot be kept and has to be
 */
export function planHead(
  asked: string | undefined,
  file: string,
  model: Pick<CommandModel, 'layers' | 'classes'>,
  classes: readonly string[],
): HeadPlan {
  if (asked !== undefined && asked !== 'keep') {
    return { head: asked, classes, note: `head: a new one (${asked}), as --head says` };
  }
  const kept = (order: readonly string[], why: string) => ({
    head: 'keep',
    classes: order,
    note: `head: that of ${file}, ${why}`,
  });
  const anew = (why: string) => {
    if (asked === 'keep') throw unusable(`--head keep cannot keep the head of ${file}: ${why}.`);
    return { head: 'linear', classes, note: `head: a new one (linear), as ${file} has none to keep: ${why}` };
  };

  const last = model.layers.at(-1);
  if (!last?.head) return anew('it ends at the feature map');
  const [outputs] = last.outputShape;
  if (model.classes.length === 0) {
    if (outputs !== classes.length)
      return anew(`its ${outputs} outputs have no names, and there are ${classes.length} classes`);
    if (asked === 'keep')
      return kept(classes, `whose outputs have no names and are taken for ${listed(classes)}, in this order`);
    return anew(
      `its ${outputs} outputs have no names (--head keep takes them for ${listed(classes)}, in this order)`,
    );
  }
  const only = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => !others.includes(name));
  const [gone, added] = [only(model.classes, classes), only(classes, model.classes)];
  if (gone.length + added.length > 0) {
    const difference = [
      ...(gone.length > 0 ? [`without images: ${listed(gone)}`] : []),
      ...(added.length > 0 ? [`without an output: ${listed(added)}`] : []),
    ];
    return anew(`its classes are others (${difference.join('; ')})`);
  }
  return model.classes.every((name, index) => name === classes[index])
    ? kept(classes, 'which has the same classes')
    : kept(model.classes, 'which has the same classes in another order: the labels follow it');
}
