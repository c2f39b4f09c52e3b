import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { childEnvironment, type Result } from '../../system/process.ts';
import { scriptCommand, SUFFIX } from '../../system/script.ts';
import { mayHang } from '../../system/cancelling.ts';
import { readJsonIfThere } from '../../system/read-bounded.ts';
import type { Login } from '../postgres/login.ts';
import { DUMPER } from '../postgres/programs.ts';
import { programOptions, type Settings } from '../postgres/settings.ts';
import { WithoutInternalOptions } from './internal-options.ts';

type Streams = [stdin: Writable, stdout: null, errors: Readable, Duplex, Duplex, dump: Readable];

const PROGRAM = fileURLToPath(new URL(`./pg-dump-program${SUFFIX}`, import.meta.url));

/**
 * Runs pg_dump (WebAssembly) over a connection to a server.
 *
 * @param connection is closed at the end
 * @param output is ended when the dump is written
 * @param settings more settings than those of every pg_dump
 */
export async function pgDump(
  connection: Duplex,
  login: Login,
  args: readonly string[],
  output: Writable,
  settings?: Settings,
): Promise<Result> {
  const program = scriptCommand(PROGRAM);
  const child = spawn(program.file, [...program.args], {
    env: childEnvironment(),
    stdio: ['pipe', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, , errors, toServer, fromServer, dump] = child.stdio as unknown as Streams;
  const asking = new WithoutInternalOptions();
  toServer.pipe(asking).pipe(connection).pipe(fromServer);
  // If the connection is lost, pg_dump sees its end, and reports it with its own message and status.
  for (const stream of [connection, toServer, asking, fromServer, stdin])
    stream.on('error', () => fromServer.end());
  stdin.end(JSON.stringify([...args, '-d', conninfo(login, settings)]));

  let stderr = '';
  errors.on('data', (data: Buffer) => (stderr += data.toString()));
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 128));
  });
  let forget = (): void => {};
  const cut = new Promise<never>((_resolve, reject) => {
    forget = mayHang((reason) => {
      child.kill('SIGKILL');
      connection.destroy(reason);
      reject(reason);
    });
  });
  const work = Promise.all([ended, pipeline(dump, output)]);
  const [status] = await Promise.race([work, cut]).finally(forget);
  connection.destroy();
  // Remove a warning without meaning: pg_dump looks for its own program file, and WebAssembly has none.
  return { status, stdout: '', stderr: stderr.replace(/^invalid binary .*\n/m, '') };
}

/** https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-KEYWORD-VALUE */
function conninfo({ user, password, database }: Login, settings?: Settings): string {
  const quote = (value: string): string => `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
  return `host=localhost user=${quote(user)} password=${quote(password)} dbname=${quote(database)} application_name=${quote(DUMPER)} options=${quote(programOptions(settings))}`;
}

/** The version of the package that has pg_dump. */
export function versionOfPgDump(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite-tools/pg_dump');
  for (let folder = dirname(entry); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    const { name, version } = (readJsonIfThere(file) ?? {}) as { name?: string; version?: string };
    if (name === '@electric-sql/pglite-tools' && version !== undefined) return version;
    if (folder === dirname(folder)) throw new Error(`no package.json above ${entry}`);
  }
}
