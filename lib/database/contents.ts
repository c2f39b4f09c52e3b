import type { Client } from 'pg';
import { markerOf } from './marker.ts';
import { readRevisions } from './revisions.ts';

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

/** The view leaves out what the role may not read, where SHOW would be refused. */
const DATA_DIRECTORY = `(SELECT setting FROM pg_settings WHERE name = 'data_directory')`;

// Columns that only some versions have are read through jsonb, where a missing one is null.
const READ = `
  SELECT current_setting('server_version') AS "serverVersion",
    CASE WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
      THEN (SELECT system_identifier::text FROM pg_control_system()) END AS "systemIdentifier",
    ${DATA_DIRECTORY} AS "dataDirectory",
    d.oid::text, pg_database_size(d.oid)::float8 AS size, relations.*,
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
  const { rows } = await client.query<Omit<Contents, 'revisions' | 'markers'>>(READ);
  return {
    ...rows[0]!,
    revisions: await readRevisions(client),
    markers: await readMarkers(client),
  };
}

/** What a server tells of itself, whichever database the client is connected to. */
export async function readServer(client: Client): Promise<Pick<Contents, 'dataDirectory' | 'markers'>> {
  const { rows } = await client.query<Pick<Contents, 'dataDirectory'>>(
    `SELECT ${DATA_DIRECTORY} AS "dataDirectory"`,
  );
  return { ...rows[0]!, markers: await readMarkers(client) };
}

/** The environments that the databases of the client's server are marked for, by database. */
export async function readMarkers(client: Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ datname: string; comment: string | null }>(
    "SELECT datname, shobj_description(oid, 'pg_database') AS comment FROM pg_database",
  );
  return Object.fromEntries(
    rows.flatMap(({ datname, comment }) => {
      const environment = markerOf(comment);
      return environment === undefined ? [] : [[datname, environment]];
    }),
  );
}
