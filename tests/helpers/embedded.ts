import { existsSync, readFileSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, onTestFinished, type TestContext } from 'vitest';
import { clientAsker, type Asker } from './database.ts';
import { wasRemoved } from './reaper.ts';
import { Scratch, type ScratchOptions } from './scratch.ts';

/** Milliseconds for a hook that starts servers: it is for what hangs, and a busy machine is no failure. */
export const PATIENCE = 300_000;

/**
 * A throwaway copy of the project whose embedded servers, and whatever else it started, are ended after the tests of
 * the surrounding suite, also after a failure. It needs no container engine.
 */
export function useEmbedded(options: ScratchOptions = {}): EmbeddedScratch {
  const scratch = new EmbeddedScratch(options);
  beforeAll(() => scratch.make(), PATIENCE);
  afterAll(() => scratch.dispose(), PATIENCE);
  return scratch;
}

/** A copy for one test. */
export async function embeddedForTest(
  context: TestContext,
  options?: ScratchOptions,
): Promise<EmbeddedScratch> {
  const scratch = new EmbeddedScratch(options ?? {});
  context.onTestFinished(() => scratch.dispose());
  await scratch.make();
  return scratch;
}

const PROJECT = join(import.meta.dirname, '../..');

export class EmbeddedScratch extends Scratch {
  /** Of the sample's environments only the embedded one is there, unless it is said which. */
  constructor(options: ScratchOptions) {
    super({ only: ['local_demo'], ...options });
  }

  override async make(): Promise<void> {
    await super.make();
    // Where `make setup` had to install an Alembic, that is the only one there is.
    if (existsSync(join(PROJECT, '.venv'))) symlinkSync(join(PROJECT, '.venv'), this.path('.venv'));
  }

  /** The data directory of an environment. */
  data(environment = 'local_demo'): string {
    return this.path('.embedded', environment, 'data');
  }

  /** What postmaster.pid says, believed or not. */
  server(environment = 'local_demo'): { pid: number; port: number } {
    const lines = readFileSync(`${this.data(environment)}/postmaster.pid`, 'utf8').split('\n');
    return { pid: Number(lines[0]), port: Number(lines[3]) };
  }

  password(environment = 'local_demo'): string {
    return this.read(`secrets/.env.${environment}.secrets`).match(
      /^POSTGRES_PASSWORD=['`]?(.*?)['`]?$/m,
    )![1]!;
  }

  /** Kills the server as a crash or the kernel's memory killer does, and waits until it is gone. */
  async killServer(environment = 'local_demo'): Promise<void> {
    const { pid } = this.server(environment);
    process.kill(pid, 'SIGKILL');
    await gone(pid);
  }

  override async dispose(): Promise<void> {
    let folder: string;
    try {
      folder = this.outside;
    } catch {
      // It was never made.
      return;
    }
    await endProcessesOf(folder);
    rmSync(folder, { recursive: true, force: true });
    wasRemoved(folder);
  }
}

/** Ends what works in a folder, whose name is random, so that nobody else's process has it. */
export async function endProcessesOf(folder: string): Promise<void> {
  for (
    const left = processesOf(folder);
    left.length > 0;
    left.splice(0, left.length, ...processesOf(folder))
  ) {
    for (const { pid } of left) signal(pid, 'SIGKILL');
    await sleep(20);
  }
}

export interface Process {
  readonly pid: number;
  /** Its arguments, the program's name first. */
  readonly words: readonly string[];
}

/** All processes that can be looked at; zombies have no words. */
export function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const words = wordsOf(Number(name));
    return words === undefined ? [] : [{ pid: Number(name), words }];
  });
}

/** The arguments that a process was started with; none at all if it has ended. */
export function wordsOf(pid: number): string[] | undefined {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return undefined;
  }
}

/** What works in a folder, or has it among its arguments. */
export function processesOf(folder: string): Process[] {
  return processes().filter(({ pid, words }) => {
    if (pid === process.pid) return false;
    return words.some((word) => word.includes(folder)) || workingDirectory(pid).startsWith(folder);
  });
}

function workingDirectory(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

/** Zombies count as gone. */
export function isRunning(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';
  } catch {
    return false;
  }
}

export async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await sleep(10);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Resolves as soon as the condition holds; it is looked at often, for moments that do not last. */
export async function moment(condition: () => boolean, seconds = 120): Promise<void> {
  for (const deadline = performance.now() + seconds * 1000; !condition(); await sleep(3)) {
    if (performance.now() > deadline)
      throw new Error(`did not happen within ${seconds} s: ${String(condition)}`);
  }
}

/** A connection of this test's own, past the code under test; values come as the server prints them. */
export async function connect(
  scratch: EmbeddedScratch,
  { environment = 'local_demo', user = 'app_demo', database = 'core_demo', tls = false } = {},
): Promise<pg.Client> {
  const client = new pg.Client({
    host: '127.0.0.1',
    port: scratch.server(environment).port,
    user,
    password: scratch.password(environment),
    database,
    ssl: tls && { rejectUnauthorized: false },
    types: { getTypeParser: () => (value: unknown) => value },
  });
  // A server that a test kills is no error of the test's.
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The embedded counterpart of `asker`: the same questions, the same form of the answers. */
export function localAsker(
  scratch: EmbeddedScratch,
  environment = 'local_demo',
  user = 'app_demo',
  database = 'core_demo',
  tls = false,
): Asker {
  return clientAsker((name) => connect(scratch, { environment, user, database: name, tls }), database);
}

/** Listens until the test is over; tells how many have come. */
export async function listen(port: number): Promise<(() => number) & { port: number }> {
  let count = 0;
  const server = await new Promise<Server>((resolve, reject) => {
    const made = createServer((socket) => {
      count += 1;
      socket.destroy();
    });
    made.once('error', reject).listen(port, '127.0.0.1', () => resolve(made));
  });
  onTestFinished(() => void server.close());
  return Object.assign(() => count, { port: (server.address() as { port: number }).port });
}
