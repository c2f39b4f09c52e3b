import { ConfigurationError } from '../errors.ts';
import { readScript, type Reading } from './script-reader.ts';

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
/** What pg_dump itself writes, against commands smuggled into its text. */
const OWN = /^\\(un)?restrict$/;

/**
 * Reads a plain script to its end.
 *
 * @param isDump whether it must be one of pg_dump's
 * @throws Error · ConfigurationError when it is cut, is none of what it should be, or would work on other databases
 */
export async function readPlain(
  source: AsyncIterable<Buffer>,
  isDump: boolean,
  reading: Pick<Reading, 'onCommand' | 'anyEncoding'>,
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
    throw new ConfigurationError(`line ${line}: ${what} would reach beyond the database that is restored`, {
      hint: 'make the dump without --create, or take the line out',
    });
  };
  const onCommand = (name: string, line: number): void => {
    if (CONNECT.test(name)) otherDatabase(name, line);
    if (!OWN.test(name)) reading.onCommand(name, line);
  };
  const onLine = (line: string): void => {
    if (!line.startsWith('--')) return;
    if (CLUSTER.test(line)) throw new Error('it is a dump of a whole server (pg_dumpall), not of a database');
    if (BEGIN.test(line)) begun = true;
    else if (END.test(line)) ended = true;
    else server ??= line.match(SERVER)?.[1];
  };
  for await (const { statement, data } of readScript(count(), { ...reading, onCommand, onLine })) {
    const { words, line } = statement;
    const isCreate = words[0] === 'CREATE';
    if (words[1] === 'DATABASE' && (isCreate || words[0] === 'DROP' || words[0] === 'ALTER'))
      otherDatabase(`${words[0]} DATABASE`, line);
    if (isCreate && (words[1] === 'TABLE' || (words[1] === 'UNLOGGED' && words[2] === 'TABLE'))) tables += 1;
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
