/** Keras 3's names of a model's layers in a file: their classes in snake case, counted where they repeat. */
export function containerNames(classes: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return classes.map((name) => {
    const base = snakeCase(name);
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}_${count}`;
  });
}

/** As Keras does it: GlobalAveragePooling2D -> global_average_pooling2d. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
