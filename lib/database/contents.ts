import type { Client } from 'pg';
import { markerOf } from '../stack/postgres/marker.ts';
import { readRevisions } from './revisions.ts';
import { readSystemIdentifier } from './system-identifier.ts';

/** What is in a database, as its server tells it without reading a row of a table. */
export interface Contents {
  readonly serverVersion: string;
  /** Of the data directory: initdb makes it, and no two have the same. Null when the role may not read it. */
  readonly systemIdentifier: string | null;
  /** Null when the role may not read it. */
  readonly dataDirectory: string | null;
  /** Changes when the database is dropped and made anew. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
  readonly tables: number;
  /** As the statistics have them. */
  readonly rows: number;
  readonly revisions: readonly string[];
  /** Of a session or a scan of a table; null when nothing is known. */
  readonly lastActivity: Date | null;
  /** Seconds since then, by the server's own clock. */
  readonly idle: number | null;
  /** Other sessions, by application. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Bytes of all databases in the storage. */
  readonly storageSize: number;
  /** The environments that the databases of this server are marked for. */
  readonly markers: Readonly<Record<string, string>>;
}

/** What tells a database from all others. */
export type Identity = Pick<Contents, 'systemIdentifier' | 'dataDirectory' | 'oid' | 'markers'>;

/** A database's row, with the comments of all databases in the place of their markers. */
type Row<T> = Omit<T, 'markers'> & { readonly comments: Readonly<Record<string, string | null>> };

/** The view leaves out what the role may not read, where SHOW would be refused. */
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
  const { rows } = await client.query<Row<Omit<Contents, 'revisions' | 'systemIdentifier'>>>(READ);
  const systemIdentifier = await readSystemIdentifier(client);
  return { ...withMarkers(rows[0]!), systemIdentifier, revisions: await readRevisions(client) };
}

/** The part of them by which it is known again, without reading sizes or statistics. */
export async function readIdentity(client: Client): Promise<Identity> {
  const { rows } = await client.query<Row<Omit<Identity, 'systemIdentifier'>>>(
    `SELECT ${IDENTITY} FROM pg_database AS d WHERE datname = current_database()`,
  );
  return { ...withMarkers(rows[0]!), systemIdentifier: await readSystemIdentifier(client) };
}

/** What a server tells of itself, whichever database the client is connected to. */
export async function readServer(client: Client): Promise<Pick<Contents, 'dataDirectory' | 'markers'>> {
  const { rows } = await client.query<Row<Pick<Contents, 'dataDirectory' | 'markers'>>>(
    `SELECT ${DATA_DIRECTORY} AS "dataDirectory", ${COMMENTS} AS comments`,
  );
  return withMarkers(rows[0]!);
}

/** The environments that the databases of the client's server are marked for, by database. */
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
