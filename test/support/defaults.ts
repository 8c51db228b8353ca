/** What options of a table are, where they are not given. */
export function defaultsOf(table: object, ...names: string[]): unknown[] {
  return names.map((name) => (table as Record<string, { default?: unknown }>)[name]?.default);
}
