import { spawn, spawnSync } from 'node:child_process';
import { temporaryFolder } from './folders.ts';

/** A browser to open pages with, or undefined, having said so once: `THAW_TEST_CHROMIUM`, else one on the PATH. */
export function chromium(): string | undefined {
  const named = process.env.THAW_TEST_CHROMIUM;
  const found = [...(named ? [named] : []), 'chromium', 'chromium-browser', 'google-chrome'].find(
    (program) => spawnSync(program, ['--version']).status === 0,
  );
  if (!found) console.warn('skipped: no Chromium is on the PATH (THAW_TEST_CHROMIUM names one)');
  return found;
}

/** Opens an address without a window, and closes the browser once `done` has settled or the browser has ended. */
export async function openPage<T>(program: string, address: string, done: Promise<T>): Promise<T> {
  const flags = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-dev-shm-usage',
    `--user-data-dir=${temporaryFolder()}`,
  ];
  const browser = spawn(program, [...flags, address], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  let said = '';
  browser.stderr.on('data', (text) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => browser.once('close', () => resolve()));
  const failed = new Promise<never>((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`${program} ended with ${code}:\n${said.slice(-2000)}`)));
  });
  try {
    return await Promise.race([done, failed]);
  } finally {
    // Its own group of processes: the browser's helpers end with it.
    if (browser.pid && browser.exitCode === null) process.kill(-browser.pid, 'SIGKILL');
    await ended;
  }
}
