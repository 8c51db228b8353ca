import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

/**
 * At its end Node gives a terminal that it began with its mode back, and aborts (SIGABRT) where that was closed meanwhile,
 * as when the window is. What it finds in the place of a closed one is no terminal then.
 */
export function surviveClosedTerminal(): void {
  const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
  process.on('exit', () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      closeSync(descriptor);
      openSync('/dev/null', 'r+'); // takes the lowest number that is free: this one
    }
  });
}
