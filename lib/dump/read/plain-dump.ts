import { errandOf, reachesBeyond, type PlacedErrand } from './forms.ts';
import { rightOf, type Right } from './rights.ts';
import { Bringing, RowCounter, type Brings } from './brings.ts';
import { display } from '../../output/display.ts';
import { NotTakenError } from './recognise.ts';
import { isAboutDatabase, isAboutRoles } from './statements.ts';
import { readScript } from '../../sql/script-reader.ts';

/** What reading a plain script has found. */
export interface Plain {
  /** Bytes, decompressed. */
  readonly contents: number;
  /** Of a dump: version of the server; undefined for any other script. */
  readonly server: string | undefined;
  readonly pgDump: string | undefined;
  readonly tables: number | undefined;
  readonly brings: Brings | undefined;
  /** Statements that makesafe runs itself, with their lines. */
  readonly errands: readonly PlacedErrand[];
  /** Of a dump: its statements for owners and privileges, which no environment runs. */
  readonly rights: readonly Right[];
  readonly links: readonly [];
  /** Schemas that its tables are in and that it does not create. */
  readonly missingSchemas: readonly string[];
}

/** No real script has more of them. All are kept in memory. */
const MOST_ERRANDS = 10_000;

const BEGIN = /^-- PostgreSQL database dump\s*$/;
const END = /^-- PostgreSQL database dump complete\s*$/;
const CLUSTER = /^-- PostgreSQL database cluster dump\s*$/;
const SERVER = /^-- Dumped from database version (.+?)\s*$/;
const PG_DUMP = /^-- Dumped by pg_dump version (.+?)\s*$/;
const WHOLE_SERVER =
  'it is a dump of a whole server (pg_dumpall), not of a database: take one of the database, or cut it out (from its \\connect to "-- PostgreSQL database dump complete", without the first line)';

/** iconv's name of an encoding, if it differs from PostgreSQL's. */
const ICONV: Readonly<Record<string, string>> = { EUC_JIS_2004: 'EUC-JISX0213', UHC: 'UHC', JOHAB: 'JOHAB' };
const iconvName = (encoding: string): string =>
  ICONV[encoding] ??
  encoding
    .replace(/^WIN(\d+)$/, 'CP$1')
    .replace(/^KOI8([RU])$/, 'KOI8-$1')
    .replace(/^ISO_8859_/, 'ISO-8859-')
    .replace(/_/g, '-');

/** The error for text in another encoding, with the commands that convert it to UTF-8. */
function otherEncoding(encoding: string, name: string, again: PlainExpected['again']): NotTakenError {
  const to = `${name.replace(/\.gz$/, '')}.utf8.sql`;
  const [from, target] = [name, to].map((file) => display({ file, args: [] }));
  const read = name.endsWith('.gz') ? `gunzip -c ${from}` : `cat ${from}`;
  return new NotTakenError(
    `it is encoded in ${encoding}, not in UTF8`,
    [
      `${read} | iconv -f ${iconvName(encoding)} -t UTF-8 | sed "s/^SET client_encoding = '${encoding}';/SET client_encoding = 'UTF8';/" > ${target}`,
      ...(again ? [again(to)] : []),
    ].join('\n'),
  );
}

/** psql's command that connects to another database than the new one. */
const CONNECT = /^\\c(onnect)?$/;
/** The encoding that the script tells the server. */
const ENCODING = /^SET client_encoding = '(.*)';$/m;
/** pg_dump writes these itself, against injected psql commands. */
const OWN = /^\\(un)?restrict$/;

interface PlainExpected {
  /** Whether it has to be a dump of pg_dump. */
  readonly isDump: boolean;
  /** Whether the person allows statements that change something outside of the database. */
  readonly uncaged: boolean;
  /** Is called with each psql command that pg_dump does not write; throws. */
  readonly otherCommand: (command: string, line: number) => void;
  /** Name of the file, for the commands that convert it. */
  readonly name?: string;
  readonly again?: ((file: string) => string) | undefined;
}

/**
 * Reads a plain script to its end.
 *
 * @throws Error if it is incomplete, is not what it has to be, or changes something outside of the database
 */
export async function readPlain(
  source: AsyncIterable<Buffer>,
  { isDump, uncaged, otherCommand, name = '<file>', again }: PlainExpected,
): Promise<Plain> {
  let contents = 0;
  let [begun, ended, creates] = [false, false, false];
  let pgDump: string | undefined;
  let server: string | undefined;
  let encoding = 'UTF8';
  const brings = new Bringing();
  const errands: PlacedErrand[] = [];
  const rights: Right[] = [];
  const count = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      contents += chunk.length;
      yield chunk;
    }
  };
  const otherDatabase = (what: string, line: number, remedy = 'take it out'): never => {
    throw new Error(`line ${line}: ${what} would reach beyond the database that is restored; ${remedy}`);
  };
  const onCommand = (name: string, line: number): void => {
    // pg_dump --create writes one \connect after CREATE DATABASE. Neither of them is run.
    if (CONNECT.test(name) && creates) {
      creates = false;
      return;
    }
    if (CONNECT.test(name)) otherDatabase(name, line);
    if (OWN.test(name)) return;
    if (begun) throw new Error(`line ${line}: ${name} is nothing that pg_dump writes`);
    otherCommand(name, line);
  };
  const onLine = (line: string): void => {
    if (!line.startsWith('--')) return;
    if (CLUSTER.test(line))
      throw new NotTakenError(WHOLE_SERVER, 'pg_dump --format=custom <database> > <file>');
    if (BEGIN.test(line)) begun = true;
    else if (END.test(line)) ended = true;
    else {
      server ??= line.match(SERVER)?.[1];
      pgDump ??= line.match(PG_DUMP)?.[1];
    }
  };
  const reading = { onCommand, onLine, anyEncoding: () => encoding === 'SQL_ASCII' };
  for await (const { statement, data } of readScript(count(), reading)) {
    const { words, line, sql } = statement;
    if (words[0] === 'SET') encoding = sql.match(ENCODING)?.[1] ?? encoding;
    if (encoding !== 'UTF8' && encoding !== 'SQL_ASCII') throw otherEncoding(encoding, name, again);
    const isOfDatabase = begun && isAboutDatabase(statement);
    if (isOfDatabase && words[0] === 'CREATE') creates = true;
    const isLeftOut = begun && (isOfDatabase || isAboutRoles(statement));
    const found = isLeftOut ? undefined : errandOf(statement);
    const errand = found?.kind === 'subscription' && !begun ? undefined : found;
    const beyond = isLeftOut || errand ? undefined : reachesBeyond(statement);
    if (beyond !== undefined && !uncaged)
      otherDatabase(beyond, line, 'take it out, or type ALLOW=uncaged if it is meant');
    if (isLeftOut) rights.push(...rightOf(statement));
    if (errand && errands.push({ place: `line ${line}`, errand }) > MOST_ERRANDS)
      throw new Error(
        `line ${line}: more than ${MOST_ERRANDS} statements that need other rights than the file has`,
      );
    let rows: RowCounter | undefined;
    if (data) {
      rows = new RowCounter();
      for await (const piece of data) rows.add(piece);
    }
    brings.statement(statement, rows?.rows);
    if (isDump && !begun) throw new Error('it is neither an archive of pg_dump nor its plain text');
  }
  if (begun && !ended) throw new Error('it is cut: "-- PostgreSQL database dump complete" is missing');
  if (isDump && !begun) throw new Error('it is neither an archive of pg_dump nor its plain text');
  return {
    ...{ contents, server, pgDump, errands, rights, links: [] as const },
    missingSchemas:
      begun && !errands.some(({ errand }) => errand.kind === 'extension') ? brings.missingSchemas : [],
    ...(begun ? { tables: brings.tables.size, brings } : { tables: undefined, brings: undefined }),
  };
}
