import { closeSync, constants, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { lstat, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError, UnreachableError } from '../../errors.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import { childEnvironment, run } from '../../system/process.ts';
import { findBinaries } from './binaries.ts';

import { choosePort } from './port.ts';
import { endOrphans, isServerOf } from './processes.ts';
import { unprivileged } from './unprivileged.ts';
import { readTailIfThere, readTextIfThere } from '../../system/read-bounded.ts';

/** O_NOFOLLOW and O_NONBLOCK: the log must not be a link to another file, nor a pipe that nobody reads. */
const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;

/** The paths of one embedded server. */
export interface Home {
  /** `.embedded/<environment>` */
  readonly folder: string;
  readonly data: string;
  readonly log: string;
}

/** What differs for a server that is not an environment's own, see `withScratchServer`. */
export interface Scratch {
  readonly home: Home;
  /** Settings of the server: `fsync=off`. */
  readonly settings: readonly string[];
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

export interface Running {
  readonly pid: number;
  readonly port: number;
}

export function homeOf(root: string, environment: string): Home {
  const folder = join(root, '.embedded', environment);
  return { folder, data: join(folder, 'data'), log: join(folder, 'server.log') };
}

/** The server of this data directory, if it runs. postmaster.pid counts only if its process is a running postgres. */
export function findRunning({ data }: Home): Running | undefined {
  const lines = readTextIfThere(join(data, 'postmaster.pid'))?.split('\n') ?? [];
  // https://www.postgresql.org/docs/17/storage-file-layout.html: process id, data directory, start time, port, …
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && port > 0 && isServerOf(pid, data) ? { pid, port } : undefined;
}

/**
 * Creates the data directory if there is none. It has another name until it is complete.
 *
 * @param more options of initdb
 */
export async function initialise(
  home: Home,
  { user, password }: Credentials,
  more: readonly string[] = [],
): Promise<void> {
  await removeLeftovers(home);
  if (existsSync(home.data)) return;
  const unfinished = join(home.folder, 'data.new');
  const passwordFile = join(home.folder, 'password.new');
  const binaries = findBinaries(join(home.folder, 'lib'));
  // On Linux the same locale as in an official image. Scratch the C library has no C.UTF-8: use PostgreSQL's own.
  const locale =
    process.platform === 'linux'
      ? ['--locale=C.UTF-8']
      : ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  try {
    writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
    const options = [
      '-U',
      user,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      ...locale,
      ...more,
    ];
    const initdb = { file: binaries.initdb, args: ['-D', unfinished, ...options] };
    const result = await run(await unprivileged(initdb, home.folder), { env: binaries.env });
    if (result.status !== 0)
      throw new FailedError(`initdb failed: ${result.stderr.trim() || result.stdout.trim()}`);
    await rename(unfinished, home.data);
  } finally {
    await removeLeftovers(home);
  }
}

/** Removes what killed runs left: a password file, data directories that they were creating or removing. */
async function removeLeftovers({ folder }: Home): Promise<void> {
  for (const name of ['password.new', 'data.new', 'data.old']) {
    await endOrphans(join(folder, name));
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

/**
 * Starts the server, which outlives this process. It keeps the port of its first start as long as no other program
 * takes it.
 *
 * @returns once postmaster.pid says that the server is ready
 * @throws UnreachableError with the last lines of its log
 */
export async function start(home: Home, options: readonly string[]): Promise<Running> {
  const already = findRunning(home);
  if (already) return already;
  await endOrphans(home.data);
  // A killed server left it. Another program may have its process ID now, and postgres would refuse to start.
  rmSync(join(home.data, 'postmaster.pid'), { force: true });
  const binaries = findBinaries(join(home.folder, 'lib'));
  const port = await choosePort(home.folder);
  const log = openSync(home.log, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
  const server = {
    file: binaries.postgres,
    args: [
      '-D',
      home.data,
      '-p',
      String(port),
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'unix_socket_directories=',
      ...options,
    ],
  };
  const { file, args } = await unprivileged(server, home.folder);
  const child = spawn(file, args, {
    env: childEnvironment(binaries.env),
    stdio: ['ignore', log, log],
    // Its own session: Ctrl-C or the end of the task does not end the server.
    detached: true,
  });
  closeSync(log);
  child.unref();
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => resolve()).once('error', () => resolve()),
  );
  const gone = ended.then(() => 'gone' as const);
  const started = whileWaitingFor('PostgreSQL to start', whenReady(home, gone));
  const running = await started;
  if (running) return running;
  throw new UnreachableError(
    `the embedded PostgreSQL did not start; the end of ${home.log}:\n${lastLines(home.log, 10)}`,
  );
}

/** Milliseconds for a start. After a crash, the server first replays its write-ahead log, which may take long. */
const STARTS = 300_000;

/** Waits until the server is ready. @returns undefined if it ends instead, or after STARTS */
async function whenReady(home: Home, gone: Promise<'gone'>): Promise<Running | undefined> {
  for (const deadline = performance.now() + STARTS; performance.now() < deadline;) {
    const running = findRunning(home);
    if (running && isReady(home)) return running;
    if ((await Promise.race([gone, sleep(20)])) === 'gone') break;
  }
  return undefined;
}

/** Line 8 of postmaster.pid is the state, as pg_ctl reads it. */
function isReady({ data }: Home): boolean {
  return readTextIfThere(join(data, 'postmaster.pid'))?.split('\n')[7]?.trim() === 'ready';
}

/** Ends the server; its clients are disconnected. SIGINT: "fast" shutdown; SIGQUIT: "immediate", as after a crash. */
export async function stop(home: Home, how: 'SIGINT' | 'SIGQUIT' = 'SIGINT'): Promise<void> {
  const running = findRunning(home);
  if (!running) return;
  process.kill(running.pid, how);
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(20)) {
    if (!findRunning(home)) return;
  }
  throw new FailedError(`the embedded PostgreSQL (process ${running.pid}) did not stop within 30 s`, {
    hint: `see ${home.log}`,
  });
}

export function lastLines(file: string, count: number): string {
  return (readTailIfThere(file, { most: 64 << 10 })?.text ?? '')
    .trimEnd()
    .split('\n')
    .slice(-count)
    .join('\n');
}

/** Removes the data of a stopped server. Renames it first: a killed run leaves no half-removed data directory. */
export async function removeData(home: Home): Promise<void> {
  await endOrphans(home.data);
  await removeLeftovers(home);
  if (existsSync(home.data)) await rename(home.data, join(home.folder, 'data.old'));
  await removeLeftovers(home);
}

/** Removes all of a server that has ended. */
export const removeFolder = ({ folder }: Home): Promise<void> => rm(folder, { recursive: true, force: true });

/** Whether there is no data directory, and no link in its place. @throws Error of the system when it cannot be seen */
export async function isGone({ data }: Pick<Home, 'data'>): Promise<boolean> {
  try {
    await lstat(data);
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    throw error;
  }
}
