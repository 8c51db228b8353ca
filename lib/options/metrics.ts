/** What can be measured beside the loss: the names of the engine's table (binding/engine/train/metrics.cc). */
export const METRICS = ['accuracy', 'top5'] as const;

/** What people call them. */
const titles: Record<(typeof METRICS)[number], string> = { accuracy: 'accuracy', top5: 'top-5 accuracy' };

/** Those that say something: where there are no more than five classes, every image is in the top 5. */
export function tellingMetrics(
  measured: Partial<Record<(typeof METRICS)[number], number>>,
  classes: number,
): { title: string; value: number }[] {
  return METRICS.flatMap((name) => {
    const value = measured[name];
    return value === undefined || (name === 'top5' && classes <= 5) ? [] : [{ title: titles[name], value }];
  });
}

export const MEASURES = ['loss', ...METRICS] as const;
export type MeasureName = (typeof MEASURES)[number];

/** Of the validation images: `loss` → `valLoss` */
export function validated<K extends MeasureName>(name: K): `val${Capitalize<K>}` {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}` as `val${Capitalize<K>}`;
}
