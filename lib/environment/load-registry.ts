import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../errors.ts';
import { childEnvironment } from '../system/process.ts';
import { readText } from '../system/read-bounded.ts';

/** Seconds until loading is stopped. A registry loads in about 0.1 s, and in 10 s where the machine is very busy. */
const TIMEOUT = 30;

/** Maximum size of the registry file, in bytes. */
const MOST = 1 << 20;

type Answer =
  | {
      readonly value: string | undefined;
      readonly problems: readonly string[];
      readonly files?: readonly string[];
    }
  | { readonly thrown: string; readonly line?: string }
  | { readonly ended: string };

/** What a registry file exports, and what that was read from. */
export interface LoadedData {
  readonly data: unknown;
  /**
   * Absolute paths of the file and of all that it imports, without packages; undefined if unknown. What a registry reads
   * by other means (node:fs) is not among them.
   */
  readonly files: readonly string[] | undefined;
}

/**
 * Loads the default export of a registry file, as plain data. The file runs in a process of its own: it may exit,
 * crash, print, loop or wait for ever, and makesafe still reports a clear error. A worker thread is not used: one is
 * suspected of segmentation faults that ended two tasks without a message (Node 20). What the file prints goes to
 * standard error, because standard output belongs to the task.
 *
 * @param file relative to the root, as messages name it
 * @throws ConfigurationError naming the file, the problem, and its line if known
 */
export async function loadRegistryData(
  root: string,
  file: string,
  signal?: AbortSignal,
): Promise<LoadedData> {
  readText(join(root, file), { most: MOST, as: file });
  const answer = await ask(join(root, file), file, signal);
  if ('ended' in answer) {
    throw new ConfigurationError(`${file} ends the program: ${answer.ended}`, { hint: DATA_ONLY });
  }
  if ('thrown' in answer) {
    const line = answer.line === undefined ? '' : ` (line ${answer.line})`;
    throw new ConfigurationError(`${file} cannot be loaded: ${answer.thrown}${line}`);
  }
  if (answer.problems.length > 0) {
    throw new ConfigurationError(`${file} is not valid:\n${answer.problems.join('\n')}`, { hint: DATA_ONLY });
  }
  const data: unknown = answer.value === undefined ? undefined : JSON.parse(answer.value);
  return { data, files: answer.files };
}

const DATA_ONLY = 'it is data only: names, texts, lists and true or false';

/** Maximum heap of that process. */
const MEGABYTES = 128;

/** The file descriptor on which that process writes its answer. */
const ANSWER = 3;

function ask(path: string, file: string, signal?: AbortSignal): Promise<Answer> {
  const child = takeReady(path) ?? start(path);
  const [answered, said] = [collect(child.stdio[ANSWER] as Readable), collect(child.stdout!, child.stderr!)];
  return new Promise<Answer>((resolve, reject) => {
    const fail = (what: string): void =>
      reject(new ConfigurationError(`${file} ${what}`, { hint: DATA_ONLY }));
    const timer = setTimeout(
      () => fail(`was not loaded within ${TIMEOUT} s: a loop without an end?`),
      TIMEOUT * 1000,
    );
    const cancel = (): void => reject(signal?.reason as Error);
    signal?.addEventListener('abort', cancel, { once: true });
    child.once('error', (error) => fail(`cannot be loaded: ${error.message}`));
    child.once('close', (_code, endedBy) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      // Do not show V8's report about its heap: it does not help a person.
      if (endedBy === 'SIGABRT') return fail(`takes more than ${MEGABYTES} MB of memory`);
      process.stderr.write(said());
      const [first = ''] = answered().split('\n');
      const answer = readAnswer(first);
      if (answer) resolve(answer);
      else if (first !== '') fail(`writes to file descriptor ${ANSWER}, which is makesafe's`);
      else if (endedBy !== null) fail(`cannot be loaded: its process was ended by ${endedBy}`);
      // The process ended by itself without an answer: an await never settled.
      else fail('waits for something that never comes (await)');
    });
  }).finally(() => child.kill('SIGKILL'));
}

const PROGRAM = fileURLToPath(new URL('registry-process.cjs', import.meta.url));

const start = (path: string, ...words: 'wait'[]): ChildProcess =>
  spawn(process.execPath, [`--max-old-space-size=${MEGABYTES}`, '--no-warnings', PROGRAM, path, ...words], {
    env: childEnvironment(),
    stdio: [words.length === 0 ? 'ignore' : 'pipe', 'pipe', 'pipe', 'pipe'],
  });

/** Started by `getReady`. It has not looked at the registry yet. */
let ready: { readonly path: string; readonly child: ChildProcess } | undefined;

/**
 * Starts the process that will load the registry next, because that start is most of the time. It waits until
 * `loadRegistryData` asks, and reads the file only then. It ends when the task does.
 */
export function getReady(path: string): void {
  const child = start(path, 'wait');
  // If it fails, the next one that is started says why.
  child.on('error', () => {});
  hold(child, 'unref');
  ready = { path, child };
}

function takeReady(path: string): ChildProcess | undefined {
  const child = ready?.path === path ? ready.child : undefined;
  ready = undefined;
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return undefined;
  hold(child, 'ref');
  child.stdin!.on('error', () => {}).end('now');
  return child;
}

/** Whether the task waits for it. */
function hold(child: ChildProcess, how: 'ref' | 'unref'): void {
  child[how]();
  for (const stream of child.stdio) (stream as Socket | null)?.[how]();
}

/** @returns undefined if the registry has written there itself */
function readAnswer(line: string): Answer | undefined {
  try {
    return JSON.parse(line) as Answer;
  } catch {
    return undefined;
  }
}

/** Collects output up to a limit, because the file may print for ever. */
function collect(...streams: readonly Readable[]): () => string {
  let text = '';
  for (const stream of streams)
    stream.setEncoding('utf8').on('data', (chunk: string) => text.length < MOST * 16 && (text += chunk));
  return () => text;
}
