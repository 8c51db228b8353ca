/** What a scenario wants drawn. */
export type Chart = BarChart | LineChart;

/** Horizontal bars in groups, on a logarithmic axis: systems differ by powers of ten. */
export interface BarChart {
  readonly kind: 'bars';
  readonly title: string;
  /** 's', 'images/s', 'MiB' */
  readonly unit: string;
  readonly groups: readonly BarGroup[];
}

export interface BarGroup {
  readonly title: string;
  readonly bars: readonly Bar[];
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Beside the value, such as an accuracy. */
  readonly note?: string;
}

/** Lines through points, both axes logarithmic: straight where one is a power of the other. */
export interface LineChart {
  readonly kind: 'lines';
  readonly title: string;
  readonly xTitle: string;
  readonly unit: string;
  readonly lines: readonly Line[];
}

export interface Line {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}
