import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { quoteName } from '../../sql/quote.ts';
import { findLeftovers } from './leftovers.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';

interface Obstacle {
  readonly obstacle: string;
  readonly remedy: string;
}

/**
 * What prevents us from creating a database with the attributes of database $1. Sessions on template1 do not: the new
 * database is created from template0.
 */
const BESIDE = `
  SELECT 'role ' || rolname || ' may not create databases' AS obstacle,
         'ALTER ROLE ' || quote_ident(rolname) || ' CREATEDB, as a superuser' AS remedy
  FROM pg_roles WHERE rolname = current_user AND NOT rolcreatedb AND NOT rolsuper
  UNION ALL
  SELECT 'role ' || current_user || ' does not own it',
         'ALTER DATABASE ' || quote_ident(datname) || ' OWNER TO ' || quote_ident(current_user)
  FROM pg_database WHERE datname = $1 AND NOT pg_has_role(datdba, 'USAGE')
  UNION ALL
  SELECT 'role ' || current_user || ' may not create anything in tablespace ' || spcname,
         'GRANT CREATE ON TABLESPACE ' || quote_ident(spcname) || ' TO ' || quote_ident(current_user)
  FROM pg_database JOIN pg_tablespace AS t ON t.oid = dattablespace
  WHERE datname = $1 AND NOT has_tablespace_privilege(t.oid, 'CREATE')
    AND dattablespace <> (SELECT dattablespace FROM pg_database WHERE datname = 'template0')
  UNION ALL
  SELECT DISTINCT 'settings of role ' || setrole::regrole || ' in it cannot be given again by role ' || current_user,
         'ALTER ROLE ' || setrole::regrole || ' IN DATABASE ' || quote_ident(datname) || ' RESET ALL, as a superuser'
  FROM pg_db_role_setting JOIN pg_database AS d ON d.oid = setdatabase JOIN pg_roles ON rolname = current_user
  WHERE datname = $1 AND setrole <> 0 AND setrole <> pg_roles.oid AND NOT rolsuper AND NOT rolcreaterole
  UNION ALL
  SELECT 'the server is a standby, which changes nothing', 'work on the primary' WHERE pg_is_in_recovery()`;

/** What prevents us from replacing database $1, or would be lost with it. */
const GOING = `
  SELECT 'prepared transaction ' || gid || ' is open' AS obstacle,
         'ROLLBACK PREPARED ' || quote_literal(gid) || ' in that database, or COMMIT PREPARED' AS remedy
  FROM pg_prepared_xacts WHERE database = $1
  UNION ALL
  SELECT 'replication slot ' || slot_name || CASE WHEN active THEN ' is in use' ELSE ' would be lost' END,
         'SELECT pg_drop_replication_slot(' || quote_literal(slot_name) || ') when nobody needs it'
  FROM pg_replication_slots WHERE database = $1
  UNION ALL
  -- Without its slot it can be dropped here, and nothing is dropped where it gets its rows from. One that is disabled and
  -- has no slot receives nothing, and is no obstacle.
  SELECT 'subscription ' || subname || CASE WHEN subenabled THEN ' receives rows' ELSE ' has a slot at its publisher' END,
         format('in that database, so that the slot %s stays at the publisher: ', subslotname)
           || CASE WHEN subenabled THEN format('ALTER SUBSCRIPTION %I DISABLE; ', subname) ELSE '' END
           || format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', subname)
  FROM pg_subscription JOIN pg_database ON pg_database.oid = subdbid
  WHERE datname = $1 AND (subenabled OR subslotname IS NOT NULL)
  UNION ALL
  SELECT 'it is invalid, because a DROP DATABASE was interrupted',
         'DROP DATABASE ' || quote_ident(datname) || ', then CREATE DATABASE ' || quote_ident(datname)
  FROM pg_database WHERE datname = $1 AND datconnlimit = -2
  UNION ALL
  SELECT 'session ' || pid || ' of role ' || usename || ' cannot be ended by role ' || current_user,
         'end it, or GRANT pg_signal_backend TO ' || quote_ident(current_user) || ' unless it is a superuser''s'
  FROM pg_stat_activity AS a JOIN pg_roles AS r ON r.oid = usesysid JOIN pg_roles AS me ON me.rolname = current_user
  WHERE datname = $1 AND NOT me.rolsuper
    AND (r.rolsuper OR NOT (pg_has_role(r.oid, 'USAGE') OR pg_has_role('pg_signal_backend', 'USAGE')))`;

/** PostgreSQL 15 and later record the version of the collations that template0 was created with. */
const COLLATION = `
  SELECT 'template0 was made with version ' || datcollversion || ' of the collations, and the machine has '
           || coalesce(pg_database_collation_actual_version(oid), 'none') AS obstacle,
         'ALTER DATABASE template0 REFRESH COLLATION VERSION, as a superuser' AS remedy
  FROM pg_database
  WHERE datname = 'template0' AND datcollversion IS NOT NULL
    AND datcollversion IS DISTINCT FROM pg_database_collation_actual_version(oid)`;

/** Bytes of an empty database, with a margin. */
const EMPTY_DATABASE = 32e6;

/**
 * Checks for everything that would prevent the replacement of the environment's database, and reports all of it at
 * once, before anything is changed.
 *
 * @throws RefusedError with each obstacle and its remedy
 */
export async function checkReplaceable(run: StackRun, needed: Needed = {}): Promise<void> {
  const found = await findObstacles(run, needed);
  if (found.length === 0) return;
  const { name } = run.stack.database;
  const what = needed.stays
    ? `nothing can be restored beside database ${name}`
    : `database ${name} cannot be replaced`;
  throw new RefusedError(`${what}:\n${listObstacles(found)}`);
}

/** One after the other, each with its remedy. */
export const listObstacles = (found: readonly Obstacle[]): string =>
  found.map(({ obstacle, remedy }) => `- ${obstacle}\n  → ${remedy}`).join('\n');

interface Needed {
  /** Bytes that the new database needs on the server's disk, while the old one still exists. */
  readonly bytes?: number;
  /** The old database is not replaced: only what prevents a new one counts. */
  readonly stays?: boolean;
}

/** Everything that would prevent the replacement of the environment's database. */
export function findObstacles(
  { stack }: StackRun,
  { bytes = 0, stays = false }: Needed = {},
): Promise<Obstacle[]> {
  const { name } = stack.database;
  return stack.withClient(maintenanceDatabase(name), async (client) => {
    const { rows: versions } = await client.query<{ version: number; folder: string | null }>(
      `SELECT current_setting('server_version_num')::int AS version,
              coalesce(nullif(pg_tablespace_location(dattablespace), ''),
                CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN current_setting('data_directory') END
              ) AS folder
       FROM pg_database WHERE datname = $1`,
      [name],
    );
    if (versions.length === 0) return [];
    const { version, folder } = versions[0]!;
    // Runs at the same time as the queries. If the free space is unknown, the server itself will report a full disk.
    const free = folder === null ? undefined : stack.freeSpace(folder);
    free?.catch(() => {});
    return [
      ...(stays ? [] : (await client.query<Obstacle>(GOING, [name])).rows),
      ...(await client.query<Obstacle>(BESIDE, [name])).rows,
      ...(version < 150000 ? [] : (await client.query<Obstacle>(COLLATION)).rows),
      ...(await inTheWay(client, name)),
      ...(folder === null ? [] : diskSpace(await free, Math.max(bytes, EMPTY_DATABASE), folder)),
    ];
  });
}

async function inTheWay(client: Client, name: string): Promise<Obstacle[]> {
  const { present, closed, foreign } = await findLeftovers(client, name);
  const isClosed = present && !present.open && !closed && present.connectionLimit >= -1;
  return [
    ...foreign.map((row) => ({
      obstacle: `a database ${row.name} is in the way, and it is not makesafe's`,
      remedy: `ALTER DATABASE ${quoteName(row.name)} RENAME TO …`,
    })),
    ...(isClosed
      ? [
          {
            obstacle: 'somebody has closed it to new sessions',
            remedy: `ALTER DATABASE ${quoteName(name)} ALLOW_CONNECTIONS true`,
          },
        ]
      : []),
  ];
}

function diskSpace(free: number | undefined, needed: number, folder: string): Obstacle[] {
  // If the free space is unknown, the server itself will report a full disk, and the old database stays.
  if (free === undefined || free >= needed) return [];
  const byteSize = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
  return [
    {
      obstacle: `${folder} has ${byteSize(free)} free, and the new database needs ${byteSize(needed)} beside the old one`,
      remedy: 'make room on that disk',
    },
  ];
}
