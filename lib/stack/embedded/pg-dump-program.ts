import { readFileSync, readSync, writeSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * pg_dump, compiled to WebAssembly, as a program: its arguments come as JSON on standard input, because a password is
 * among them, the dump goes to standard output, and the bytes to and from the server through two more descriptors.
 * It is a process of its own because pg_dump waits for its server with the whole thread.
 */
const TO_SERVER = 3;
const FROM_SERVER = 4;

/** The part of emscripten's module that is used. */
interface Program {
  ENV: Record<string, string>;
  HEAPU8: Uint8Array;
  FS: { readFile(path: string): Uint8Array; chmod(path: string, mode: number): void };
  addFunction(work: (at: number, length: number) => number, signature: string): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
  callMain(args: string[]): void;
}
type Load = (options: object) => Promise<Program>;

/**
 * The package's own function adds --inserts, reads the result as text, which ruins the custom format, and takes every
 * \restrict line out, also inside function bodies. So the program behind it is loaded by itself.
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

/** Messages after which the server answers; after all others libpq goes on writing. */
const ASKS = new Set([...'QSpFc'].map((letter) => letter.charCodeAt(0)));
const SSL_REQUEST = 80877103;
const GSS_REQUEST = 80877104;

/**
 * The connection as libpq sees it. It asks to read only when it believes that there is something, and takes nothing
 * for the end of the connection: so a whole reply is waited for after each message that has one.
 */
class Connection {
  #pending = Buffer.alloc(0);
  #received = Buffer.alloc(0);
  #started = false;
  readonly #space = Buffer.alloc(65_536);

  write(bytes: Uint8Array): void {
    this.#pending = Buffer.concat([this.#pending, bytes]);
    for (;;) {
      // Before the start-up message nothing has a type byte.
      // https://www.postgresql.org/docs/current/protocol-message-formats.html
      const header = this.#started ? 1 : 0;
      if (this.#pending.length < header + 4) return;
      const length = this.#pending.readUInt32BE(header) + header;
      if (this.#pending.length < length) return;
      this.#send(this.#pending.subarray(0, length));
      this.#pending = this.#pending.subarray(length);
    }
  }

  read(space: number): Buffer {
    const bytes = this.#received.subarray(0, space);
    this.#received = this.#received.subarray(bytes.length);
    return bytes;
  }

  #send(message: Buffer): void {
    for (let sent = 0; sent < message.length;) sent += writeSync(TO_SERVER, message, sent);
    if (this.#started) {
      if (ASKS.has(message[0]!)) this.#receive(replyLength);
      return;
    }
    const code = message.readUInt32BE(4);
    if (code === SSL_REQUEST || code === GSS_REQUEST)
      return this.#receive((bytes) => Math.min(bytes.length, 1));
    this.#started = true;
    this.#receive(replyLength);
  }

  /** Reads until the reply is whole, or the server is gone. */
  #receive(whole: (bytes: Buffer) => number): void {
    while (whole(this.#received) === 0) {
      const count = readSync(FROM_SERVER, this.#space);
      if (count === 0) return;
      this.#received = Buffer.concat([this.#received, this.#space.subarray(0, count)]);
    }
  }
}

/**
 * Bytes up to the point where it is the client's turn: ready for query (Z), copy in (G) or both (W), or a request for
 * authentication other than "ok" (0) and "SASL final" (12). 0 while that has not come.
 */
function replyLength(bytes: Buffer): number {
  for (let at = 0; at + 5 <= bytes.length;) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) return 0;
    const type = String.fromCharCode(bytes[at]!);
    if ('ZGW'.includes(type)) return end;
    if (type === 'R' && ![0, 12].includes(bytes.readUInt32BE(at + 5))) return end;
    at = end;
  }
  return 0;
}

const OUTPUT = '/tmp/out';

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
        Object.assign(self.ENV, {
          HOME: '/home/postgres',
          USER: 'postgres',
          LOGNAME: 'postgres',
          PGTZ: 'UTC',
        });
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
  program.callMain([...args, '-f', OUTPUT]);
  if (process.exitCode) return;
  // A pipe takes as much as it holds; the rest waits for the reader.
  const dump = program.FS.readFile(OUTPUT);
  await new Promise((written) => process.stdout.write(dump, written));
}

await main(JSON.parse(readFileSync(0, 'utf8')) as string[]);
