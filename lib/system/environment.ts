/** Environment variables by name; passed along instead of `process.env`, so that a test can give its own. */
export type Environment = Readonly<Record<string, string | undefined>>;
