import { createHash } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';

/**
 * Runs `work` while no other process on this machine runs work under the same name; waits for it else.
 *
 * The lock is an abstract Unix socket: the kernel drops it when its holder ends, however it ends, so
 * there is no stale lock to recognise. Waiting is a connection to it, which ends when the holder does.
 */
export async function withLock<T>(
  name: string,
  work: () => Promise<T>,
  options: { onWait?: () => void; signal?: AbortSignal | undefined } = {},
): Promise<T> {
  const address = `\0thaw-${createHash('sha256').update(name).digest('hex').slice(0, 32)}`;
  let told = false;
  for (;;) {
    options.signal?.throwIfAborted();
    const lock = await take(address);
    if (lock === 'taken') {
      if (!told) options.onWait?.();
      told = true;
      await ended(address, options.signal);
      continue;
    }
    try {
      return await work();
    } finally {
      lock.release();
    }
  }
}

/** Where sockets are forbidden the work goes on unlocked: that beats not working at all. */
function take(address: string): Promise<{ release(): void } | 'taken'> {
  return new Promise((resolve) => {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      socket.on('close', () => waiting.delete(socket)).on('error', () => undefined);
      socket.unref();
    });
    const release = () => {
      server.close();
      for (const socket of waiting) socket.destroy();
    };
    server.on('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code === 'EADDRINUSE' ? 'taken' : { release: () => undefined });
    });
    server.listen(address, () => resolve({ release }));
    server.unref();
  });
}

function ended(address: string, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const stop = () => socket.destroy();
    signal?.addEventListener('abort', stop, { once: true });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      signal?.removeEventListener('abort', stop);
      // A refused connection closes at once: a pause keeps the wait from spinning.
      setTimeout(resolve, 20);
    });
  });
}
