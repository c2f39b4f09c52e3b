import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from './command.ts';
import { FailedError, UnreachableError, messageOf } from '../errors.ts';
import { whileWaitingFor } from '../output/waiting.ts';
import { watchSilence } from './attention.ts';
import { mayHang } from './cancelling.ts';
import { overdue, type Limit } from './limit.ts';
import { isRunning, killTree } from './process-tree.ts';

export interface Result {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Variables in addition to INHERITED. */
  readonly env?: Readonly<Record<string, string>>;
  /** Variables of INHERITED to leave out, because something else defines them. */
  readonly without?: Iterable<string>;
  readonly cwd?: string;
  readonly input?: string | Readable;
  /** Receives standard output instead of `Result.stdout`. Ends when the command ends. */
  readonly output?: Writable;
  /** Called for each line of standard output and standard error, at once. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Connects the command to our terminal, with its standard output on our standard error. */
  readonly terminal?: boolean;
  /** With `terminal`: keeps standard output, because it is the result. */
  readonly resultOnStdout?: boolean;
  /** For the whole command; by default there is no limit. */
  readonly limit?: Limit;
}

/**
 * The variables that child processes inherit. All others stay out: an exported DATABASE_URL, PGHOST or
 * COMPOSE_PROJECT_NAME must not choose the database. `ENV` is out, too: it is also the start-up file of a POSIX shell.
 */
const INHERITED = [
  ...[
    'PATH',
    'HOME',
    'USER',
    'LOGNAME',
    'TMPDIR',
    'TZ',
    'LANG',
    'LC_ALL',
    'LC_CTYPE',
    'TERM',
    'COLUMNS',
    'NO_COLOR',
  ],
  ...['XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'SSH_AUTH_SOCK'],
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'],
];

/** Whether child processes inherit this variable, and it has a value. */
export const isInherited = (name: string): boolean => INHERITED.includes(name) && Boolean(process.env[name]);

/** The variables for a child process: inherited ones, except `without`, and `extra`. */
export function childEnvironment(
  extra: Readonly<Record<string, string>> = {},
  without: Iterable<string> = [],
): Record<string, string> {
  const left = new Set(without);
  const inherited = INHERITED.flatMap((name) => {
    const value = process.env[name];
    return value === undefined || left.has(name) ? [] : [[name, value]];
  });
  return { ...(Object.fromEntries(inherited) as Record<string, string>), ...extra };
}

/** Ctrl-C reaches child processes by itself, because they share the terminal's process group. SIGTERM does not. */
const running = new Set<{ kill: (signal: NodeJS.Signals) => unknown }>();
process.on('SIGTERM', () => running.forEach((child) => child.kill('SIGTERM')));

/**
 * Calls `end` on SIGINT and SIGTERM, for work that is not a child process and so gets no signal.
 *
 * @param end called with the exit status
 * @returns a function that stops listening
 */
export function untilSignalled(end: (status: number) => void): () => void {
  const [interrupted, terminated] = [() => end(130), () => end(143)];
  process.on('SIGINT', interrupted).on('SIGTERM', terminated);
  return () => void process.off('SIGINT', interrupted).off('SIGTERM', terminated);
}

/**
 * Runs a command and waits for it, whatever its status is. zx watches the process, but without a shell, so that every
 * argument arrives unchanged.
 *
 * @throws UnreachableError if the program is not installed, if the other side stops answering, or if the limit is over.
 *   The command and all processes that it started are then killed, as they are if a cancelled task runs out of time
 */
export async function run(command: Command, options: RunOptions = {}): Promise<Result> {
  const started = start(command, options);
  running.add(started);
  started.once('close', () => running.delete(started));
  const child = zx().$({
    spawn: (() => started) as unknown as typeof spawn,
    ...(options.input === undefined ? {} : { input: options.input }),
    // zx keeps all output in memory, which a dump may exceed.
    ...(options.output ? { store: { stdout: forgetful(), stderr: [], stdall: forgetful() } } : {}),
    // Without these, zx searches for bash, which this machine may not have.
    quote: (text) => text,
    prefix: '',
    postfix: '',
    nothrow: true,
    quiet: true,
  })`${command.file}`;
  const guarded = guard(started, command, options);

  // A command may end before it has read its input. Its status and message then tell why.
  if (options.input !== undefined) child.stdin.on('error', () => {});
  const streams: Promise<void>[] = [];
  if (options.onLine) {
    const { onLine } = options;
    if (!options.output) streams.push(eachLine(child.stdout, (line) => onLine(line, 'stdout')));
    streams.push(eachLine(child.stderr, (line) => onLine(line, 'stderr')));
  }
  if (options.output) streams.push(pipeline(child.stdout, options.output));
  const ended = Promise.all([child, ...streams]).finally(guarded.stop);
  // Report the wait only for a command that shows nothing itself.
  const silent = !options.terminal && !options.onLine && !options.output;
  const waited = Promise.race([ended, guarded.cut]);
  const [finished] = await (silent ? whileWaitingFor(basename(command.file), waited) : waited);
  const { code } = (finished.cause ?? {}) as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'EACCES') {
    const why = code === 'ENOENT' ? 'not installed, or not on PATH' : 'no program, or may not be run';
    throw new UnreachableError(`${command.file} is ${why}`, {
      cause: finished.cause,
      hint: `install ${command.file}, or correct PATH`,
    });
  }
  // Node gives a negative status to a process that did not start.
  if (finished.cause !== undefined && (finished.exitCode ?? -1) < 0 && finished.signal === null)
    throw notRun(command, finished.cause);
  return {
    // As a shell does: 128 plus the number of the signal.
    status: finished.exitCode ?? 128 + (finished.signal ? constants.signals[finished.signal] : 0),
    stdout: finished.stdout,
    stderr: finished.stderr,
  };
}

/** Kills a child process that waits in vain, and rejects what waits for it. */
function guard(
  child: ChildProcess,
  { attention }: Command,
  { limit }: RunOptions,
): { readonly cut: Promise<never>; readonly stop: () => void } {
  let end!: (reason: Error) => void;
  const cut = new Promise<never>((_resolve, reject) => {
    end = (reason) => {
      if (isRunning(child)) killTree(child.pid!);
      // A process that we could not kill may keep a pipe open.
      for (const stream of child.stdio) stream?.destroy();
      reject(reason);
    };
  });
  cut.catch(() => {});
  const watch = attention && watchSilence(attention, end);
  if (watch) for (const stream of [child.stdout, child.stderr]) stream?.on('data', watch.heard);
  const timer = limit && setTimeout(() => end(overdue(limit)), limit.seconds * 1000);
  const forget = mayHang(end);
  return {
    cut,
    stop: () => {
      forget();
      watch?.stop();
      clearTimeout(timer);
    },
  };
}

function start({ file, args }: Command, options: RunOptions): ChildProcess {
  const { env, without, cwd, input, terminal, resultOnStdout } = options;
  const stdio: StdioOptions = terminal
    ? [input === undefined ? 'inherit' : 'pipe', resultOnStdout ? 1 : 2, 2]
    : [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
  try {
    const inherited = childEnvironment({}, without);
    // As a shell does: `${PWD}` in a compose file is the working directory; unset, it would become the root folder.
    const here = cwd === undefined || new Set(without).has('PWD') ? {} : { PWD: cwd };
    return spawn(file, [...args], { env: { ...inherited, ...here, ...env }, cwd, stdio });
  } catch (error) {
    throw notRun({ file, args }, error);
  }
}

const notRun = ({ file }: Command, cause: unknown): FailedError =>
  new FailedError(`${file} could not be run: ${messageOf(cause)}`, { cause });

const nodeRequire = createRequire(import.meta.url);
/** Loaded while the first command starts. Synchronously, so that no event of that command is missed. */
const zx = (): typeof import('zx/core') => nodeRequire('zx/core') as typeof import('zx/core');

function forgetful(): string[] {
  return Object.assign([] as string[], { push: () => 0 });
}

/** Calls `visit` for each line, and resolves at the end of the stream. */
export async function eachLine(stream: Readable, visit: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) visit(line);
}
