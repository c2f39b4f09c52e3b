import { PassThrough, type Duplex, type Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { FailedError, UnreachableError, messageOf } from '../../../errors.ts';
import { watchSilence, type Watch } from '../../../system/attention.ts';
import { heard, mayHang } from '../../../system/cancelling.ts';
import { LIMITS } from '../../../system/limits.ts';
import { eachLine, untilSignalled, type Result, type RunOptions } from '../../../system/process.ts';
import { demultiplex, type Flow } from './demultiplex.ts';
import { askOrThrow, type Engine } from './engine.ts';
import { Input, hasRoom } from './input.ts';

/** A process in a container, as a child process of ours would be. */
export interface Process {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves to its exit status. Rejects when the engine does not answer. */
  readonly ended: Promise<number>;
  /**
   * Closes the connection to it: its input ends, and nobody reads its output any more.
   *
   * @param status the exit status to report
   */
  readonly kill: (status?: number) => void;
  /** Sets whether it keeps this process alive. */
  readonly hold: (holds: boolean) => void;
}

interface How {
  /** Whether it has a standard input. */
  readonly input?: boolean;
  /** Variables, besides those of the container. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its working directory. Default: that of the container. */
  readonly folder?: string;
  /** The user that runs it. Default: that of the container. */
  readonly user?: string;
}

/**
 * Starts a command in a container by the engine's API, like `docker exec`, but without a docker process.
 *
 * @see https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Exec
 */
export function startIn(
  engine: Engine,
  container: string,
  words: readonly string[],
  { input = false, env = {}, folder, user }: How = {},
): Process {
  const [stdin, stdout, stderr] = [new Input(), new PassThrough(), new PassThrough()];
  // A command may end before it has read its input. Its status and message tell why.
  stdin.on('error', () => {});
  let connection: Duplex | undefined;
  let killed: number | undefined;
  let holds = true;
  let forget = (): void => {};
  let release!: (status: number) => void;
  // Settles `ended` without the engine, which may not answer any more: when we kill the command, or the task is
  // cancelled.
  const released = new Promise<number>((resolve, reject) => {
    release = resolve;
    forget = mayHang((reason) => {
      reject(reason);
      connection?.destroy(reason);
    });
  });

  async function attach(): Promise<string> {
    const { Id: id } = await engine.make<{ Id: string }>(`/containers/${container}/exec`, {
      ...{ Cmd: words, Env: Object.entries(env).map(([name, value]) => `${name}=${value}`) },
      ...{ AttachStdin: input, AttachStdout: true, AttachStderr: true },
      ...(folder === undefined ? {} : { WorkingDir: folder }),
      ...(user === undefined ? {} : { User: user }),
    });
    if (killed !== undefined) return id;
    connection = await engine.attach(`/exec/${id}/start`, { Detach: false, Tty: false });
    connection.on('error', () => {});
    if (killed !== undefined) connection.destroy();
    hold(holds);
    stdin.lead(connection);
    return id;
  }

  async function follow(id: string): Promise<number> {
    if (connection) await followOutput(connection, id);
    return killed ?? statusOf(engine, id);
  }

  /** Reads the output to its end. It may be silent for hours, as long as the engine says that the command runs. */
  async function followOutput(from: Duplex, id: string): Promise<void> {
    let watch: Watch | undefined;
    const flow: Flow = { isRead: true, heard: () => (heard(), watch?.heard()) };
    const gone = new Promise<never>((_resolve, reject) => {
      const alive = async (): Promise<void> => {
        // Do not check while the connection is idle, or while our reader has no room.
        if (!holds || !flow.isRead) return;
        await engine.alive();
        const { Running } = await askOrThrow<{ Running: boolean }>(engine.ask, `/exec/${id}/json`);
        if (Running) return;
        // Its last output may still be on the way.
        await sleep(NOTICED);
        throw new FailedError(LOST);
      };
      watch = watchSilence({ alive, silence: LIMITS.silence.seconds }, (reason) => {
        reject(reason);
        from.destroy(reason);
      });
    });
    gone.catch(() => {});
    await Promise.race([demultiplex(from, stdout, stderr, flow), gone]).finally(() => watch?.stop());
  }

  function kill(status = 137): void {
    killed ??= status;
    connection?.destroy();
    release(killed);
  }

  function hold(wanted: boolean): void {
    holds = wanted;
    const handle = connection as (Duplex & { ref(): void; unref(): void }) | undefined;
    if (holds) handle?.ref();
    else handle?.unref();
  }

  /** The error for the streams, for code that still writes to them or reads from them. */
  let failure: Error | undefined;
  const ended = Promise.race([attach().then(follow), released])
    .catch((error: unknown) => {
      if (killed !== undefined) return killed;
      // On standard error, like docker.
      stderr.write(messageOf(error));
      failure =
        error instanceof FailedError
          ? new UnreachableError(error.message, { cause: error })
          : (error as Error);
      if (error instanceof FailedError) return 1;
      throw error;
    })
    .finally(() => forget())
    .finally(() => [stdin, connection].forEach((stream) => stream?.destroy(failure)))
    .finally(() => [stdout, stderr].forEach((stream) => stream.end()));
  ended.catch(() => {});
  return { stdin, stdout, stderr, ended, kill, hold };
}

const LOST = 'the connection to the container was lost';

/** Milliseconds for the engine to notice that a process has ended, after its output has. */
const NOTICED = 2_000;

async function statusOf({ ask }: Engine, id: string): Promise<number> {
  for (const deadline = performance.now() + NOTICED; ; await sleep(10)) {
    const { ExitCode, Running } = await askOrThrow<{ ExitCode: number | null; Running: boolean }>(
      ask,
      `/exec/${id}/json`,
    );
    if (ExitCode !== null && !Running) return ExitCode;
    if (performance.now() > deadline) throw new FailedError(LOST);
  }
}

/** Copies `input` to `to`, until one of them ends. @throws the error of `input` */
async function feed(input: Readable, to: Writable): Promise<void> {
  for await (const chunk of input as AsyncIterable<Buffer>) {
    if (!to.destroyed && !to.write(chunk)) await hasRoom(to);
    if (to.destroyed) return;
  }
  if (!to.destroyed) to.end();
}

/**
 * Runs a command in a container and waits for its end. Does not throw for a status other than 0. `run` is the same for
 * a command on this machine.
 *
 * @throws UnreachableError when the engine does not answer. If `input` fails, kills the command and throws that error
 */
export async function runIn(
  engine: Engine,
  container: string,
  words: readonly string[],
  {
    input,
    output,
    onLine,
    ...how
  }: Pick<RunOptions, 'input' | 'output' | 'onLine'> & Omit<How, 'input'> = {},
): Promise<Result> {
  const child = startIn(engine, container, words, { ...how, input: input !== undefined });
  const forget = untilSignalled(child.kill);
  const said: Record<'stdout' | 'stderr', string> = { stdout: '', stderr: '' };
  const streams: Promise<unknown>[] = [];
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = child[name];
    if (name === 'stdout' && output) {
      streams.push(pipeline(stream, output));
      continue;
    }
    stream.setEncoding('utf8').on('data', (text: string) => (said[name] += text));
    if (onLine) streams.push(eachLine(stream, (line) => onLine(line, name)));
  }
  let unread: { readonly reason: unknown } | undefined;
  if (typeof input === 'string') child.stdin.end(input);
  else if (input)
    feed(input, child.stdin).catch((reason: unknown) => {
      unread = { reason };
      child.kill();
    });
  try {
    const [status] = await Promise.all([child.ended, ...streams]);
    if (unread) throw unread.reason;
    return { status, ...said };
  } finally {
    forget();
    child.kill();
  }
}
