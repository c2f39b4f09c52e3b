import type { Client } from 'pg';
import { markerOf } from '../stack/postgres/marker.ts';
import { readRecovery, type Recovery } from '../stack/postgres/recovery.ts';
import { readRevisions } from './revisions.ts';
import { readSystemIdentifier } from '../stack/postgres/system-identifier.ts';

/** What a database contains, without reading rows of its tables. */
export interface Contents extends Recovery {
  readonly serverVersion: string;
  /** Of the data directory: initdb creates it, and it is unique. Null if the role is not allowed to read it. */
  readonly systemIdentifier: string | null;
  /** Null if the role is not allowed to read it. */
  readonly dataDirectory: string | null;
  /** Changes when the database is dropped and created again. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
  readonly tables: number;
  /** An estimate, from the statistics. */
  readonly rows: number;
  readonly revisions: readonly string[];
  /** The latest activity of a session or scan of a table; null if nothing is known. */
  readonly lastActivity: Date | null;
  /** Seconds since then, by the server's clock. */
  readonly idle: number | null;
  /** Number of other sessions, by application name. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Bytes of all databases of the server that the role may connect to. */
  readonly storageSize: number;
  /** The markers of all databases of the server: database name → environment name. */
  readonly markers: Readonly<Record<string, string>>;
}

/** What distinguishes a database from all others. */
export type ContentsIdentity = Pick<Contents, 'systemIdentifier' | 'dataDirectory' | 'oid' | 'markers'> &
  Recovery;

/** A row of the query: it has the comments of all databases instead of the markers. */
type Row<T> = Omit<T, 'markers'> & { readonly comments: Readonly<Record<string, string | null>> };

/** pg_settings has no row for a setting that the role may not read; SHOW would fail. */
const DATA_DIRECTORY = `(SELECT setting FROM pg_settings WHERE name = 'data_directory')`;
const COMMENTS = `(SELECT json_object_agg(datname, shobj_description(oid, 'pg_database')) FROM pg_database)`;
const IDENTITY = `
  ${DATA_DIRECTORY} AS "dataDirectory", d.oid::text, ${COMMENTS} AS comments`;

// Columns that only some versions have are read through jsonb, where a missing one is null.
const READ = `
  SELECT ${IDENTITY}, current_setting('server_version') AS "serverVersion",
    pg_database_size(d.oid)::float8 AS size, relations.*,
    greatest(scans.last, sessions.last) AS "lastActivity",
    extract(epoch FROM now() - greatest(scans.last, sessions.last))::float8 AS idle,
    sessions.applications AS sessions,
    (SELECT sum(CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END)::float8
     FROM pg_database) AS "storageSize"
  FROM pg_database AS d,
    LATERAL (
      SELECT count(*)::int AS tables,
        coalesce(sum(greatest(reltuples, pg_stat_get_live_tuples(c.oid), 0)), 0)::float8 AS rows
      FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
      WHERE relkind IN ('r', 'p') AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema') AS relations,
    LATERAL (
      SELECT max(greatest(row->>'last_seq_scan', row->>'last_idx_scan'))::timestamptz AS last
      FROM pg_stat_user_tables AS s, to_jsonb(s) AS row) AS scans,
    LATERAL (
      SELECT max(last) AS last, coalesce(jsonb_object_agg(application, count), '{}') AS applications
      FROM (SELECT coalesce(nullif(application_name, ''), usename) AS application, count(*),
              max(state_change) AS last
            FROM pg_stat_activity
            WHERE datname = current_database() AND application_name NOT LIKE 'makesafe%'
              AND backend_type = 'client backend'
            GROUP BY 1) AS others) AS sessions
  WHERE datname = current_database()`;

/** The contents of the database that the client is connected to. */
export async function readContents(client: Client): Promise<Contents> {
  const { rows } = await client.query<Row<Omit<Contents, 'revisions' | keyof ServerIdentity>>>(READ);
  const server = await readServerIdentity(client);
  return { ...withMarkers(rows[0]!), ...server, revisions: await readRevisions(client) };
}

/** Only what identifies the database: reads no sizes and no statistics. */
export async function readIdentity(client: Client): Promise<ContentsIdentity> {
  const { rows } = await client.query<Row<Omit<ContentsIdentity, keyof ServerIdentity>>>(
    `SELECT ${IDENTITY} FROM pg_database AS d WHERE datname = current_database()`,
  );
  return { ...withMarkers(rows[0]!), ...(await readServerIdentity(client)) };
}

type ServerIdentity = Pick<Contents, 'systemIdentifier'> & Recovery;

const readServerIdentity = async (client: Client): Promise<ServerIdentity> => ({
  systemIdentifier: await readSystemIdentifier(client),
  ...(await readRecovery(client)),
});

/** What does not depend on the database that the client is connected to. */
export async function readServer(client: Client): Promise<Pick<Contents, 'dataDirectory' | 'markers'>> {
  const { rows } = await client.query<Row<Pick<Contents, 'dataDirectory' | 'markers'>>>(
    `SELECT ${DATA_DIRECTORY} AS "dataDirectory", ${COMMENTS} AS comments`,
  );
  return withMarkers(rows[0]!);
}

/** The markers of all databases of the client's server: database name → environment name. */
export const readMarkers = async (client: Client): Promise<Contents['markers']> =>
  (await readServer(client)).markers;

function withMarkers<T extends Row<object>>({
  comments,
  ...rest
}: T): Omit<T, 'comments'> & Pick<Contents, 'markers'> {
  const markers = Object.entries(comments).flatMap(([database, comment]) => {
    const environment = markerOf(comment);
    return environment === undefined ? [] : [[database, environment]];
  });
  return { ...rest, markers: Object.fromEntries(markers) as Contents['markers'] };
}
