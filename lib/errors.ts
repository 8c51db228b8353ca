/** Every code with which something fails, by what it is about; docs/api.md prints this list. */
export const ERRORS = [
  {
    about: 'an argument cannot be used',
    codes: [
      'ERR_INVALID_ARGUMENT',
      'ERR_UNKNOWN_OPTION',
      'ERR_UNKNOWN_LAYER',
      'ERR_UNKNOWN_ARCHITECTURE',
      'ERR_UNKNOWN_FORMAT',
      'ERR_UNKNOWN_COMMAND',
    ],
  },
  { about: 'a configuration file', codes: ['ERR_CONFIG_NOT_FOUND', 'ERR_CONFIG_SYNTAX'] },
  {
    about: 'a folder or listing of images',
    codes: [
      'ERR_DATA_NOT_FOUND',
      'ERR_DATA_EMPTY',
      'ERR_DATA_ONE_CLASS',
      'ERR_DATA_SPLIT_FOLDERS',
      'ERR_DATA_LISTING',
      'ERR_DATA_UNKNOWN_CLASS',
      'ERR_DATA_MULTI_LABEL',
      'ERR_DATA_UNREADABLE',
    ],
  },
  {
    about: 'an image, or too many of them',
    codes: [
      'ERR_IMAGE_READ',
      'ERR_IMAGE_DECODE',
      'ERR_IMAGE_TOO_LARGE',
      'ERR_IMAGE_LIBRARY',
      'ERR_IMAGE_WRITE',
      'ERR_TOO_MANY_BAD_IMAGES',
    ],
  },
  {
    about: 'weights',
    codes: [
      'ERR_WEIGHTS_NOT_FOUND',
      'ERR_WEIGHTS_FORMAT',
      'ERR_WEIGHTS_MISMATCH',
      'ERR_WEIGHTS_FETCH',
      'ERR_WEIGHTS_CHECKSUM',
      'ERR_DOWNLOAD',
    ],
  },
  {
    about: 'a call out of order',
    codes: [
      'ERR_NOT_COMPILED',
      'ERR_NOTHING_TO_TRAIN',
      'ERR_NO_HEAD',
      'ERR_CLASS_COUNT',
      'ERR_CLASS_NAMES',
      'ERR_MODEL_BUSY',
      'ERR_DISPOSED',
    ],
  },
  {
    about: 'training',
    codes: [
      'ERR_ABORTED',
      'ERR_LOSS_NOT_FINITE',
      'ERR_FROZEN_CHANGED',
      'ERR_CHECKPOINT_MISMATCH',
      'ERR_CHECKPOINT_DAMAGED',
      'ERR_VERIFY',
    ],
  },
  {
    about: 'the machine',
    codes: ['ERR_DEVICE_NOT_FOUND', 'ERR_OUT_OF_MEMORY', 'ERR_NO_THREAD', 'ERR_LIBTORCH', 'ERR_INTERNAL'],
  },
  {
    about: 'files',
    codes: ['ERR_IO', 'ERR_WRITE_FAILED', 'ERR_DISK_FULL', 'ERR_RUN_IN_USE', 'ERR_TOO_MANY_FILES'],
  },
  {
    about: 'setting up',
    codes: [
      'ERR_ADDON_NOT_LOADED',
      'ERR_LIBTORCH_NOT_FOUND',
      'ERR_LIBTORCH_VERSION',
      'ERR_TOOL_MISSING',
      'ERR_BUILD',
      'ERR_ARCHIVE',
      'ERR_SETUP',
      'ERR_SETUP_FAILED',
      'ERR_SETUP_MISSING',
    ],
  },
  {
    about: "this repository's own tools",
    codes: ['ERR_FUZZ', 'ERR_BENCH_CHILD', 'ERR_BENCH_PEER'],
  },
] as const;

export type ErrorCode = (typeof ERRORS)[number]['codes'][number];

const CODES: ReadonlySet<unknown> = new Set(ERRORS.flatMap(({ codes }): readonly string[] => codes));

export function isErrorCode(code: unknown): code is ErrorCode {
  return CODES.has(code);
}

/** Every failure of the package: one clear sentence in `message`, a stable `code` for programs. */
export class ThawError extends Error {
  /** Stable across versions. */
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ThawError';
    this.code = code;
  }
}
