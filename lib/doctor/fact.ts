/** One line of the doctor's report. */
export interface Fact {
  readonly name: string;
  /** `warn`: works, but not as well as it could; `missing`: something does not work without it. */
  readonly status: 'ok' | 'warn' | 'missing';
  readonly detail: string;
  /** What to do about it. */
  readonly advice?: string;
}

export function ok(name: string, detail: string): Fact {
  return { name, status: 'ok', detail };
}

export function warn(name: string, detail: string, advice: string): Fact {
  return { name, status: 'warn', detail, advice };
}

export function missing(name: string, detail: string, advice: string): Fact {
  return { name, status: 'missing', detail, advice };
}
