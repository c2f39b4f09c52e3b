import type { Client } from 'pg';
import type { DatabaseIdentity } from '../identity.ts';
import { markerOf } from '../postgres/marker.ts';

/** The identity of a database, as every session on it can read it, even with a role of few privileges. */
export interface Reached extends Omit<DatabaseIdentity, 'name' | 'timeline'> {
  readonly database: string;
  /**
   * The start time of the server, in microseconds since 1970. It distinguishes a server from one on a copy of its
   * storage, and from all others if the role may not read the system identifier. Null when the role may not read it.
   */
  readonly started: string | null;
}

/** A comment in the query, for people who read the server's log. */
const NOTE = '/* makesafe: which database is this? */';

const MAY = (name: string): string =>
  `pg_catalog.has_function_privilege('pg_catalog.${name}()', 'EXECUTE')::pg_catalog.text`;

/**
 * Our own session runs both queries, and bound_alembic.py runs them in each of alembic's sessions. They depend on no
 * setting of the session, such as search_path. They return only ASCII text, whatever the encodings. A query that names
 * a function which the role may not call fails, even if it never calls it: so the first query asks for the privileges.
 */
export const PRIVILEGES = `${NOTE} SELECT ${MAY('pg_control_system')}, ${MAY('pg_postmaster_start_time')}`;

const question = (system: boolean, started: boolean): string => `${NOTE}
  SELECT d.oid::pg_catalog.text,
    ${system ? '(SELECT system_identifier::pg_catalog.text FROM pg_catalog.pg_control_system())' : 'NULL'},
    ${started ? `(${STARTED})::pg_catalog.int8::pg_catalog.text` : 'NULL'},
    (SELECT ${hex('s.description')} FROM pg_catalog.pg_shdescription AS s
     WHERE s.objoid OPERATOR(pg_catalog.=) d.oid
       AND s.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_database'::pg_catalog.regclass),
    ${hex('d.datname::pg_catalog.text')}, pg_catalog.pg_backend_pid()::pg_catalog.text
  FROM pg_catalog.pg_database AS d WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()`;

const STARTED = `pg_catalog.date_part('epoch', pg_catalog.pg_postmaster_start_time()) OPERATOR(pg_catalog.*) 1000000`;

const hex = (text: string): string =>
  `pg_catalog.encode(pg_catalog.convert_to(${text}, pg_catalog.getdatabaseencoding()), 'hex')`;

/** The second query, by the answer of the first one. */
export const QUESTIONS = Object.fromEntries(
  [true, false].flatMap((system) =>
    [true, false].map((started) => [`${system} ${started}`, question(system, started)]),
  ),
);

/** Reads the identity of the database that the client is connected to, to compare alembic's connections with it. */
export async function readReached(client: Client): Promise<Reached> {
  const ask = async (text: string): Promise<(string | null)[]> =>
    (await client.query<(string | null)[]>({ text, rowMode: 'array' })).rows[0]!;
  const [oid, systemIdentifier, started, comment, name] = await ask(
    QUESTIONS[(await ask(PRIVILEGES)).join(' ')]!,
  );
  const decoded = (text: string | null | undefined): string => Buffer.from(text ?? '', 'hex').toString();
  return {
    ...{ database: decoded(name), oid: oid!, systemIdentifier: systemIdentifier!, started: started! },
    marker: markerOf(decoded(comment)) ?? null,
  };
}
