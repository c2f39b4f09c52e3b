import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Below those that Linux and macOS give to connections: a server that starts again finds its port free. */
const FROM = 20_000;
const COUNT = 12_000;

/** A file for each port that a running test has got, with its process ID: test files run side by side. */
const CLAIMS = join(tmpdir(), `makesafe-ports-${userInfo().username}`);
const ours = new Set<string>();

/** A port of this machine's loopback on which nothing listens, and that no other test gets while this process runs. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FROM + Math.floor(Math.random() * COUNT);
    if (claim(port) && (await isFree(port))) return port;
  }
}

function claim(port: number): boolean {
  mkdirSync(CLAIMS, { recursive: true });
  const file = join(CLAIMS, String(port));
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = Number(readFileSync(file, 'utf8'));
    // Of a test that was killed. Whoever comes next gets the port, if it is free.
    if (holder > 0 && !isThere(holder)) rmSync(file, { force: true });
    return false;
  }
  if (ours.size === 0) process.once('exit', () => ours.forEach((one) => rmSync(one, { force: true })));
  ours.add(file);
  return true;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
