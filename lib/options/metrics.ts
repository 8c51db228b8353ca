/** What can be measured beside the loss: the names of the engine's table (binding/engine/train/metrics.cc). */
export const METRICS = ['accuracy', 'top5'] as const;

export const MEASURES = ['loss', ...METRICS] as const;
export type MeasureName = (typeof MEASURES)[number];

/** Of the validation images: `loss` → `valLoss` */
export function validated<K extends MeasureName>(name: K): `val${Capitalize<K>}` {
  return `val${name.charAt(0).toUpperCase()}${name.slice(1)}` as `val${Capitalize<K>}`;
}
