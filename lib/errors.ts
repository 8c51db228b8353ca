/** Every failure of the package: one clear sentence in `message`, a stable `code` for programs. */
export class ThawError extends Error {
  /** `ERR_` and upper-case words, stable across versions; docs/api.md lists them. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ThawError';
    this.code = code;
  }
}
