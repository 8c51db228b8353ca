/** What is still to be undone, should the process end before that is done in its own time. */
const undone = new Set<() => void>();

/**
 * Has `undo` run once: by the function that is returned, or else when the process (or the worker) exits. A worker that is
 * terminated, and a process that is killed, run nothing any more.
 */
export function undoAtExit(undo: () => void): () => void {
  // One listener however many there are: Node warns of more than ten.
  if (undone.size === 0) process.on('exit', undoAll);
  undone.add(undo);
  return () => {
    if (!undone.delete(undo)) return;
    if (undone.size === 0) process.off('exit', undoAll);
    undo();
  };
}

function undoAll(): void {
  for (const undo of [...undone].toReversed()) {
    try {
      undo();
    } catch {
      // The process ends, and the others are to be undone as well.
    }
  }
}
