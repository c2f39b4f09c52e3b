import { errandOf, reachesBeyond, type PlacedErrand } from './forms.ts';
import { rightOf, type Right } from './rights.ts';
import { Bringing, RowCounter, type Brings } from './brings.ts';
import { display } from '../../output/display.ts';
import { NotTakenError } from './recognise.ts';
import { isAboutDatabase, isAboutRoles } from './statements.ts';
import { readScript } from '../../sql/script-reader.ts';

/** What a plain script turned out to be. */
export interface Plain {
  /** Bytes, decompressed. */
  readonly contents: number;
  /** Of the dump that it is, if it is one of pg_dump's. */
  readonly server: string | undefined;
  readonly pgDump: string | undefined;
  readonly tables: number | undefined;
  readonly brings: Brings | undefined;
  /** What makesafe does for it, with the line. */
  readonly errands: readonly PlacedErrand[];
  /** Of a dump: what it says of owners and privileges, and no environment takes from it. */
  readonly rights: readonly Right[];
  readonly links: readonly [];
  /** Schemas that its tables are in and that it does not make. */
  readonly missingSchemas: readonly string[];
}

/** More of them than any script has; each is kept. */
const MOST_ERRANDS = 10_000;

const BEGIN = /^-- PostgreSQL database dump\s*$/;
const END = /^-- PostgreSQL database dump complete\s*$/;
const CLUSTER = /^-- PostgreSQL database cluster dump\s*$/;
const SERVER = /^-- Dumped from database version (.+?)\s*$/;
const PG_DUMP = /^-- Dumped by pg_dump version (.+?)\s*$/;
const WHOLE_SERVER =
  'it is a dump of a whole server (pg_dumpall), not of a database: take one of the database, or cut it out (from its \\connect to "-- PostgreSQL database dump complete", without the first line)';

/** What iconv calls it, where that is another name than PostgreSQL's. */
const ICONV: Readonly<Record<string, string>> = { EUC_JIS_2004: 'EUC-JISX0213', UHC: 'UHC', JOHAB: 'JOHAB' };
const iconvName = (encoding: string): string =>
  ICONV[encoding] ??
  encoding
    .replace(/^WIN(\d+)$/, 'CP$1')
    .replace(/^KOI8([RU])$/, 'KOI8-$1')
    .replace(/^ISO_8859_/, 'ISO-8859-')
    .replace(/_/g, '-');

/** Text in another encoding, with the lines that make it one in UTF-8. */
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

/** psql's commands that work on another database than the new one, or on none that is known. */
const CONNECT = /^\\c(onnect)?$/;
/** The script's text is not what the server is told that it is. */
const ENCODING = /^SET client_encoding = '(.*)';$/m;
/** What pg_dump itself writes, against commands smuggled into its text. */
const OWN = /^\\(un)?restrict$/;

interface PlainExpected {
  /** Whether it must be one of pg_dump's. */
  readonly isDump: boolean;
  /** Whether what reaches beyond the database is meant. */
  readonly uncaged: boolean;
  /** Is told of psql's commands that pg_dump does not write; throws. */
  readonly otherCommand: (command: string, line: number) => void;
  /** The file, for the lines that make one of it that is taken. */
  readonly name?: string;
  readonly again?: ((file: string) => string) | undefined;
}

/**
 * Reads a plain script to its end.
 *
 * @throws Error when it is cut, is none of what it should be, or would work on other databases
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
    // That of --create, behind the statement that makes the database: the only one, and nothing of it is run.
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
