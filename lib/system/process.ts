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
  /** Added to the inherited variables of INHERITED. */
  readonly env?: Readonly<Record<string, string>>;
  /** Left out of INHERITED, because something else defines them. */
  readonly without?: Iterable<string>;
  readonly cwd?: string;
  readonly input?: string | Readable;
  /** Where standard output goes instead of `Result.stdout`. It is ended when the command ends. */
  readonly output?: Writable;
  /** Called for each line of standard output and error as it comes. */
  readonly onLine?: (line: string, stream: 'stdout' | 'stderr') => void;
  /** Give the command our terminal, its standard output sent to our standard error. */
  readonly terminal?: boolean;
  /** With `terminal`: leave standard output alone, because it is the result. */
  readonly resultOnStdout?: boolean;
  /** For the whole of it; without one it may take as long as it likes. */
  readonly limit?: Limit;
}

/**
 * What a child process may know of our environment. Everything else stays out: a DATABASE_URL, PGHOST or
 * COMPOSE_PROJECT_NAME that somebody exported last week must not choose the database. `ENV` is also the start-up
 * file of a POSIX shell.
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

/** Whether a child process gets it from our environment. */
export const isInherited = (name: string): boolean => INHERITED.includes(name) && Boolean(process.env[name]);

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

/** Ctrl-C reaches children by itself, because they share the terminal's process group; SIGTERM does not. */
const running = new Set<{ kill: (signal: NodeJS.Signals) => unknown }>();
process.on('SIGTERM', () => running.forEach((child) => child.kill('SIGTERM')));

/**
 * Tells what is no child process of ours, and hears of neither signal, what to end with.
 *
 * @returns what ends that
 */
export function untilSignalled(end: (status: number) => void): () => void {
  const [interrupted, terminated] = [() => end(130), () => end(143)];
  process.on('SIGINT', interrupted).on('SIGTERM', terminated);
  return () => void process.off('SIGINT', interrupted).off('SIGTERM', terminated);
}

/**
 * Runs a command and waits for it, whatever its status.
 *
 * zx minds the process; its shell is left out, so that every argument arrives as it is.
 *
 * @throws UnreachableError when the program is not installed, or waits for somebody who does not answer any more; it is
 *   killed then, with what it started, as it is when it takes longer than its limit or than a cancelled task has
 */
export async function run(command: Command, options: RunOptions = {}): Promise<Result> {
  const started = start(command, options);
  running.add(started);
  started.once('close', () => running.delete(started));
  const child = zx().$({
    spawn: (() => started) as unknown as typeof spawn,
    ...(options.input === undefined ? {} : { input: options.input }),
    // zx keeps all output in memory; a dump may be larger than that.
    ...(options.output ? { store: { stdout: forgetful(), stderr: [], stdall: forgetful() } } : {}),
    // Without these zx looks for bash, which this machine may not have.
    quote: (text) => text,
    prefix: '',
    postfix: '',
    nothrow: true,
    quiet: true,
  })`${command.file}`;
  const guarded = guard(started, command, options);

  // A command may end before it has read its input; its status and message tell why.
  if (options.input !== undefined) child.stdin.on('error', () => {});
  const streams: Promise<void>[] = [];
  if (options.onLine) {
    const { onLine } = options;
    if (!options.output) streams.push(eachLine(child.stdout, (line) => onLine(line, 'stdout')));
    streams.push(eachLine(child.stderr, (line) => onLine(line, 'stderr')));
  }
  if (options.output) streams.push(pipeline(child.stdout, options.output));
  const ended = Promise.all([child, ...streams]).finally(guarded.stop);
  // What it says itself is enough.
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
  // Node's own status of what did not start is negative.
  if (finished.cause !== undefined && (finished.exitCode ?? -1) < 0 && finished.signal === null)
    throw notRun(command, finished.cause);
  return {
    // As a shell counts: 128 and the signal's number.
    status: finished.exitCode ?? 128 + (finished.signal ? constants.signals[finished.signal] : 0),
    stdout: finished.stdout,
    stderr: finished.stderr,
  };
}

/** Ends a child process that waits in vain, and with it whoever waits for the child. */
function guard(
  child: ChildProcess,
  { attention }: Command,
  { limit }: RunOptions,
): { readonly cut: Promise<never>; readonly stop: () => void } {
  let end!: (reason: Error) => void;
  const cut = new Promise<never>((_resolve, reject) => {
    end = (reason) => {
      if (isRunning(child)) killTree(child.pid!);
      // A pipe may be held by somebody whom we could not reach.
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
    // As a shell sets it: `${PWD}` in a compose file is where docker compose is typed, and nothing would be the root.
    const here = cwd === undefined || new Set(without).has('PWD') ? {} : { PWD: cwd };
    return spawn(file, [...args], { env: { ...inherited, ...here, ...env }, cwd, stdio });
  } catch (error) {
    throw notRun({ file, args }, error);
  }
}

const notRun = ({ file }: Command, cause: unknown): FailedError =>
  new FailedError(`${file} could not be run: ${messageOf(cause)}`, { cause });

const nodeRequire = createRequire(import.meta.url);
/** Loaded while the first command starts, and at once: what happens to that one must not be missed. */
const zx = (): typeof import('zx/core') => nodeRequire('zx/core') as typeof import('zx/core');

function forgetful(): string[] {
  return Object.assign([] as string[], { push: () => 0 });
}

export async function eachLine(stream: Readable, visit: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) visit(line);
}
