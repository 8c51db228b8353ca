import type { Layer } from './layers.ts';

export interface ParameterCounts {
  total: number;
  /** Those that training changes now. */
  trainable: number;
  /** Frozen ones, and the running statistics of every BatchNorm. */
  nonTrainable: number;
}

export function countParameters(layers: readonly Layer[]): ParameterCounts {
  const total = layers.reduce((sum, layer) => sum + layer.paramCount, 0);
  const trainable = layers.reduce((sum, layer) => sum + (layer.trainable ? layer.weightCount : 0), 0);
  return { total, trainable, nonTrainable: total - trainable };
}

/** The table that Keras' `model.summary(show_trainable=True)` shows. */
export function summaryTable(title: string, layers: readonly Layer[]): string {
  const rows = layers.map((layer) => [
    `${layer.name} (${layer.type})`,
    `(${['None', ...layer.outputShape].join(', ')}${layer.outputShape.length === 0 ? ',' : ''})`,
    layer.paramCount.toLocaleString('en-US'),
    layer.weightCount === 0 ? '-' : layer.trainable ? 'Y' : 'N',
  ]);
  const header = ['Layer (type)', 'Output Shape', 'Param #', 'Trainable'];
  const widths = header.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  const counts = countParameters(layers);
  const count = (label: string, value: number) =>
    `${label}: ${value.toLocaleString('en-US')} (${mebibytes(value)})`;
  return [
    `Model: ${title}`,
    rule,
    line(header),
    rule,
    ...rows.map(line),
    rule,
    count('Total params', counts.total),
    count('Trainable params', counts.trainable),
    count('Non-trainable params', counts.nonTrainable),
  ].join('\n');
}

/** Of float32 values. */
function mebibytes(values: number): string {
  return `${((values * 4) / 2 ** 20).toFixed(2)} MiB`;
}
