import { readFileSync, readSync, writeSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Messages, type Message } from '../postgres/messages.ts';

/**
 * pg_dump, compiled to WebAssembly, as a program of its own, because it blocks its thread while it waits for the
 * server. Its arguments come as JSON on standard input: one is a password, which other users must not see. The bytes to
 * and from the server, and the dump, have their own file descriptors. The dump does not go to standard output, because
 * there Node does not wait for a slow reader.
 */
const TO_SERVER = 3;
const FROM_SERVER = 4;
const DUMP = 5;

/** The part of emscripten's module that we use. */
interface Program {
  ENV: Record<string, string>;
  HEAPU8: Uint8Array;
  FS: {
    chmod(path: string, mode: number): void;
    open(path: string, flags: unknown, mode?: number): object;
  };
  addFunction(work: (at: number, length: number) => number, signature: string): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
  callMain(args: string[]): void;
}
type Load = (options: object) => Promise<Program>;

/**
 * Loads the program without the package's own function. That one adds --inserts, reads the result as text, which
 * destroys the custom format, and removes every \restrict line, even inside function bodies.
 */
async function loadProgram(): Promise<Load> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite-tools/pg_dump');
  const folder = dirname(entry);
  const chunk = readFileSync(join(folder, 'pg_dump.js'), 'utf8').match(/from"\.\/(chunk-\w+\.js)"/)?.[1];
  const url = chunk && pathToFileURL(join(folder, chunk)).href;
  const loader = url && readFileSync(new URL(url), 'utf8').match(/await (\w+)\(\{noExitRuntime/)?.[1];
  if (!loader) throw new Error('@electric-sql/pglite-tools is not built as expected');
  const hook = `export const load = async (u, c, next) => {
    const found = await next(u, c);
    return u === ${JSON.stringify(url)} ? { ...found, source: found.source + '\\nexport{${loader} as loadPgDump}' } : found;
  };`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
  const module = (await import(url)) as { loadPgDump: Load };
  return module.loadPgDump;
}

/** Messages of a client that the server answers; after all others libpq continues to write. */
const ASKS = new Set([...'QSpFc'].map((letter) => letter.charCodeAt(0)));
/** Messages of the server after which the client has to send: ready for query, copy in, copy both. */
const TURNS = new Set([...'ZGW'].map((letter) => letter.charCodeAt(0)));
/** An authentication request, and its codes after which the client sends nothing: "ok" and "SASL final". */
const REQUEST = 'R'.charCodeAt(0);
const GRANTED = new Set([0, 12]);
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

/**
 * The connection for libpq. If a read returns no bytes, libpq takes the connection for closed. So while the server has
 * to answer, a read blocks until there are bytes. Only one chunk is held in memory: a table's data are one reply.
 */
class Connection {
  readonly #messages = new Messages('client');
  #received = Buffer.alloc(0);
  /** The reply that the server has not finished yet. */
  #reply: { isWhole: (bytes: Buffer) => boolean } | undefined;

  write(bytes: Uint8Array): void {
    for (const message of this.#messages.whole(bytes)) this.#send(message);
  }

  read(space: number): Buffer {
    while (this.#received.length === 0 && this.#reply) {
      const chunk = Buffer.allocUnsafe(65_536);
      const count = readSync(FROM_SERVER, chunk);
      if (count === 0) break;
      this.#received = chunk.subarray(0, count);
      if (this.#reply.isWhole(this.#received)) this.#reply = undefined;
    }
    const bytes = this.#received.subarray(0, space);
    this.#received = this.#received.subarray(bytes.length);
    return bytes;
  }

  #send({ type, bytes }: Message): void {
    for (let sent = 0; sent < bytes.length;) sent += writeSync(TO_SERVER, bytes, sent);
    if (type === undefined) {
      const code = bytes.readUInt32BE(4);
      const asksEncryption = code === SSL_REQUEST || code === GSS_REQUEST;
      // The server answers a request for encryption with one byte.
      this.#reply = asksEncryption ? { isWhole: () => true } : new Reply();
    } else if (ASKS.has(type)) {
      this.#reply = new Reply();
    }
  }
}

const headLength = (type: number): number => (type === REQUEST ? 9 : 5);

/** Reads the messages of a reply, to find its end: the message after which the client has to send. */
class Reply {
  /** The received bytes of a message's head: its type, its length and, for 'R', its code. */
  #head: number[] = [];
  /** Bytes of the current message that are still to come. */
  #left = 0;
  #isTurn = false;

  isWhole(bytes: Buffer): boolean {
    for (let at = 0; at < bytes.length;) {
      if (this.#left > 0) {
        const passed = Math.min(this.#left, bytes.length - at);
        this.#left -= passed;
        at += passed;
      } else if (this.#head.length === 0 && bytes.length - at >= 9) {
        // The usual case, made fast: every row of a table is a message, and nearly all heads are in one chunk.
        at += this.#begin(bytes, at);
      } else {
        this.#head.push(bytes[at++]!);
        if (this.#head.length < headLength(this.#head[0]!)) continue;
        this.#begin(Buffer.from(this.#head), 0);
        this.#head = [];
      }
      if (this.#left === 0 && this.#isTurn) return true;
    }
    return false;
  }

  /** @returns the length of the head */
  #begin(bytes: Buffer, at: number): number {
    const type = bytes[at]!;
    const length = headLength(type);
    this.#left = bytes.readUInt32BE(at + 1) + 1 - length;
    this.#isTurn = type === REQUEST ? !GRANTED.has(bytes.readUInt32BE(at + 5)) : TURNS.has(type);
    return length;
  }
}

const OUTPUT = '/tmp/out';

/** Streams the output to its descriptor. Without this, emscripten would hold the whole file in memory. */
function streamOutput({ FS }: Program): void {
  const open = FS.open.bind(FS);
  FS.open = (path, flags, mode) => {
    const stream = open(path, flags, mode);
    if (path === OUTPUT)
      Object.assign(stream, {
        seekable: false,
        stream_ops: { write: writeOut },
      });
    return stream;
  };
}

/** Collects pg_dump's many small writes (5 bytes, then 4000, …): each one to the descriptor would wake the reader. */
const collected = Buffer.allocUnsafe(262_144);
let held = 0;

function writeOut(_stream: object, memory: Uint8Array, at: number, length: number): number {
  const bytes = Buffer.from(memory.buffer, memory.byteOffset + at, length);
  for (let taken = 0; taken < length;) {
    const copied = bytes.copy(collected, held, taken);
    taken += copied;
    held += copied;
    if (held === collected.length) flush();
  }
  return length;
}

function flush(): void {
  for (let written = 0; written < held;) written += writeSync(DUMP, collected, written, held - written);
  held = 0;
}

async function main(args: string[]): Promise<void> {
  const load = await loadProgram();
  const connection = new Connection();
  const program = await load({
    noExitRuntime: false,
    thisProgram: '/bin/pg_dump',
    print: () => {},
    printErr: (line: string) => void process.stderr.write(`${line}\n`),
    onExit: (code: number) => (process.exitCode = code),
    preRun: [
      (self: Program) => {
        const names = { USER: 'postgres', LOGNAME: 'postgres' };
        Object.assign(self.ENV, { ...names, HOME: '/home/postgres', PGTZ: 'UTC' });
      },
      (self: Program & { onRuntimeInitialized: () => void }) => {
        self.onRuntimeInitialized = () => {
          const write = self.addFunction((at, length) => {
            connection.write(self.HEAPU8.slice(at, at + length));
            return length;
          }, 'iii');
          const read = self.addFunction((at, space) => {
            const bytes = connection.read(space);
            self.HEAPU8.set(bytes, at);
            return bytes.length;
          }, 'iii');
          self._pgl_set_rw_cbs(read, write);
          self.FS.chmod('/home/postgres/.pgpass', 0o600);
        };
      },
    ],
  });
  streamOutput(program);
  program.callMain([...args, '-f', OUTPUT]);
  flush();
}

process.exitCode = 1; // until pg_dump has said how it ended
void main(JSON.parse(readFileSync(0, 'utf8')) as string[]);
