import { readScript } from './script-reader.ts';

/** What a plain script turned out to be. */
export interface Plain {
  /** Bytes, decompressed. */
  readonly contents: number;
  /** Of the dump that it is, if it is one of pg_dump's. */
  readonly server: string | undefined;
  readonly tables: number | undefined;
}

const BEGIN = /^-- PostgreSQL database dump\s*$/;
const END = /^-- PostgreSQL database dump complete\s*$/;
const CLUSTER = /^-- PostgreSQL database cluster dump\s*$/;
const SERVER = /^-- Dumped from database version (.+?)\s*$/;
/** psql's commands that work on another database than the new one, or on none that is known. */
const CONNECT = /^\\c(onnect)?$/;
/** The script's text is not what the server is told that it is. */
const OTHER_ENCODING = /^SET client_encoding = '(?!UTF8|SQL_ASCII)(.*)';$/m;
/** What pg_dump itself writes, against commands smuggled into its text. */
const OWN = /^\\(un)?restrict$/;

/**
 * Reads a plain script to its end.
 *
 * @param isDump whether it must be one of pg_dump's
 * @param otherCommand is told of psql's commands that pg_dump does not write; may throw
 * @throws Error when it is cut, is none of what it should be, or would work on other databases
 */
export async function readPlain(
  source: AsyncIterable<Buffer>,
  isDump: boolean,
  otherCommand: (command: string, line: number) => void,
): Promise<Plain> {
  let contents = 0;
  let [begun, ended] = [false, false];
  let server: string | undefined;
  let tables = 0;
  const count = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      contents += chunk.length;
      yield chunk;
    }
  };
  const otherDatabase = (what: string, line: number): never => {
    throw new Error(`line ${line}: ${what} would reach beyond the database that is restored; take it out`);
  };
  const onCommand = (name: string, line: number): void => {
    if (CONNECT.test(name)) otherDatabase(name, line);
    if (OWN.test(name)) return;
    if (begun) throw new Error(`line ${line}: ${name} is nothing that pg_dump writes`);
    otherCommand(name, line);
  };
  const onLine = (line: string): void => {
    if (!line.startsWith('--')) return;
    if (CLUSTER.test(line)) throw new Error('it is a dump of a whole server (pg_dumpall), not of a database');
    if (BEGIN.test(line)) begun = true;
    else if (END.test(line)) ended = true;
    else server ??= line.match(SERVER)?.[1];
  };
  for await (const { statement, data } of readScript(count(), { onCommand, onLine })) {
    const { words, line, sql } = statement;
    const isCreate = words[0] === 'CREATE';
    if (words[1] === 'DATABASE' && (isCreate || words[0] === 'DROP' || words[0] === 'ALTER'))
      otherDatabase(`${words[0]} DATABASE`, line);
    if (isCreate && (words[1] === 'TABLE' || (words[1] === 'UNLOGGED' && words[2] === 'TABLE'))) tables += 1;
    const [, encoding] = (words[0] === 'SET' && sql.match(OTHER_ENCODING)) || [];
    if (encoding !== undefined) throw new Error(`it is encoded in ${encoding}, not in UTF8`);
    if (data) await drain(data);
    if (isDump && !begun) throw new Error('it is neither an archive of pg_dump nor its plain text');
  }
  if (begun && !ended) throw new Error('it is cut: "-- PostgreSQL database dump complete" is missing');
  if (isDump && !begun) throw new Error('it is neither an archive of pg_dump nor its plain text');
  return { contents, server, tables: begun ? tables : undefined };
}

async function drain(data: AsyncIterable<Buffer>): Promise<void> {
  const chunks = data[Symbol.asyncIterator]();
  while (!(await chunks.next()).done);
}
