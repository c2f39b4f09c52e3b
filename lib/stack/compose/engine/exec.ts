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
  /** Its exit status. Rejects when the engine does not answer. */
  readonly ended: Promise<number>;
  /** Lets go of it: it sees its input end, and a pipe that nobody reads. @param status what it then ended with */
  readonly kill: (status?: number) => void;
  /** Whether it holds this process from ending. */
  readonly hold: (holds: boolean) => void;
}

interface How {
  /** Without one it has no input. */
  readonly input?: boolean;
  /** Added to what the container has. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where it runs; else where the image says. */
  readonly folder?: string;
  /** Who runs it; else whom the container is made for. */
  readonly user?: string;
}

/**
 * Starts a command in a container, by the engine's API: what `docker exec` does, without a docker process for each.
 *
 * https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Exec
 */
export function startIn(
  engine: Engine,
  container: string,
  words: readonly string[],
  { input = false, env = {}, folder, user }: How = {},
): Process {
  const [stdin, stdout, stderr] = [new Input(), new PassThrough(), new PassThrough()];
  // A command may end before it has read its input; its status and message tell why.
  stdin.on('error', () => {});
  let connection: Duplex | undefined;
  let killed: number | undefined;
  let holds = true;
  let forget = (): void => {};
  let release!: (status: number) => void;
  // Whoever does not answer any more, does not tell how the command ended either.
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

  /** To its end. It may be silent for hours, as long as the engine is there and says that the command runs. */
  async function followOutput(from: Duplex, id: string): Promise<void> {
    let watch: Watch | undefined;
    const flow: Flow = { isRead: true, heard: () => (heard(), watch?.heard()) };
    const gone = new Promise<never>((_resolve, reject) => {
      const alive = async (): Promise<void> => {
        // Nobody waits for an idle connection, nor for what is not taken.
        if (!holds || !flow.isRead) return;
        await engine.alive();
        const { Running } = await askOrThrow<{ Running: boolean }>(engine.ask, `/exec/${id}/json`);
        if (Running) return;
        // Its last words may be on their way.
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

  /** For whoever still writes or reads. */
  let failure: Error | undefined;
  const ended = Promise.race([attach().then(follow), released])
    .catch((error: unknown) => {
      if (killed !== undefined) return killed;
      // Where docker says it: on standard error.
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

/** Milliseconds for the engine to notice that a process ended whose output has. */
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

/** Passes on what there is to read, to its end or to that of whom it is for. @throws when it cannot be read */
async function feed(input: Readable, to: Writable): Promise<void> {
  for await (const chunk of input as AsyncIterable<Buffer>) {
    if (!to.destroyed && !to.write(chunk)) await hasRoom(to);
    if (to.destroyed) return;
  }
  if (!to.destroyed) to.end();
}

/**
 * Runs a command in a container and waits for it, whatever its status; the counterpart of `run` for a command here.
 *
 * @throws UnreachableError when the engine does not answer; what is wrong with the input, the command ended then
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
