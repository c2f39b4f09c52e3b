import type { Client } from 'pg';
import { readAttributes, type DatabaseAttributes, type DatabasePrivilege } from '../attributes.ts';
import { readRevisions } from '../revisions.ts';
import type { Seal } from '../../stack/seal.ts';
import { readSystemIdentifier } from '../../stack/postgres/system-identifier.ts';

/** Identifies a database of a server. Its name is not enough: several servers may have one of this name. */
export interface SourceDatabase {
  readonly database: string;
  /** OID of the database; each reset or restore creates a new one. */
  readonly databaseOid: string;
  /** Of the server's data directory; null if the role is not allowed to read it. */
  readonly systemIdentifier: string | null;
}

/** The contents of the `.json` file next to a backup. */
export interface BackupFacts extends SourceDatabase {
  readonly environment: string;
  readonly serverVersion: string;
  /**
   * Alembic's revisions when the backup was taken: several if heads were not merged, none before the first migration.
   */
  readonly revisions: readonly string[];
  readonly format: 'custom' | 'directory';
  /** Number of tables in it, with partitions and partitioned tables. */
  readonly tables: number;
  /**
   * Rows of each table, by `schema.name`, counted when the backup was read back. Backups of older versions have none.
   */
  readonly rows?: Readonly<Record<string, number>>;
  /** Bytes of the data, decompressed. */
  readonly contents?: number;
  /** Bytes of the dump. */
  readonly size: number;
  /** Bytes of the database when the backup was taken, as the server counts them. */
  readonly databaseSize: number;
  /** Of the file. In directory format: of the names, sizes and contents of all files, in the order of their names. */
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The standby that it was read from, if it was not read from the primary. */
  readonly standby?: {
    readonly server: string;
    /** Seconds until it had replayed what the primary had when the backup began: nothing in it is older than `time`. */
    readonly replayLag: number;
    /** The same in bytes of WAL, at the beginning. */
    readonly behind: number;
  };
  /** What no dump contains, for a restore into the same environment. Backups of older versions do not have it. */
  readonly home?: HomeFacts;
  readonly seal?: Seal;
}

/** What belongs to the database, but is in no dump. */
export interface HomeFacts {
  readonly attributes: DatabaseAttributes;
  /**
   * Privileges that pg_dump does not dump: on functions that PostgreSQL creates with a type, and on built-in languages.
   */
  readonly undumped: readonly {
    /** `ON FUNCTION "s"."span"(double precision)` */
    readonly on: string;
    readonly privileges: readonly Omit<DatabasePrivilege, 'grantor'>[];
  }[];
  /** What every new database has, and this one did not have, because somebody dropped it. */
  readonly without: readonly NewDatabases[];
}

/** What every new database contains and pg_dump never drops. */
type NewDatabases = 'SCHEMA public' | 'EXTENSION plpgsql';

/** A backup and its facts. */
export interface TakenBackup {
  /** Path of the dump: a file, or in directory format a folder. */
  readonly file: string;
  readonly facts: BackupFacts;
}

/** The part of the facts that comes from the database itself. */
type DatabaseFacts = SourceDatabase &
  Pick<BackupFacts, 'serverVersion' | 'revisions' | 'databaseSize'> &
  Required<Pick<BackupFacts, 'home'>>;

/** Reads the facts that come from the database itself. @param client of that database */
export async function readDatabaseFacts(client: Client): Promise<DatabaseFacts> {
  const { rows } = await client.query<
    Omit<DatabaseFacts, 'databaseSize' | 'systemIdentifier' | 'home'> & { size: string }
  >(
    `SELECT datname AS database, oid::text AS "databaseOid",
            current_setting('server_version') AS "serverVersion", pg_database_size(oid) AS size
     FROM pg_database WHERE datname = current_database()`,
  );
  const { size, ...facts } = rows[0]!;
  return {
    ...facts,
    systemIdentifier: await readSystemIdentifier(client),
    databaseSize: Number(size),
    revisions: await readRevisions(client),
    home: await readHome(client, facts.database),
  };
}

/**
 * PostgreSQL creates the constructor functions of a range type with the type, and pg_dump treats them as part of it.
 * pg_dump also skips the server's built-in languages.
 */
const UNDUMPED = `
  SELECT format('ON FUNCTION %I.%I(%s)', nspname, proname, pg_get_function_identity_arguments(p.oid)) AS on,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('grantee', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
       'privilege', privilege_type, 'grantable', is_grantable)), '[]') FROM aclexplode(proacl)) AS privileges
  FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace
  WHERE proacl IS NOT NULL AND EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid
    AND refclassid = 'pg_type'::regclass AND deptype = 'i')
  UNION ALL
  SELECT format('ON LANGUAGE %I', lanname),
    (SELECT coalesce(jsonb_agg(jsonb_build_object('grantee', CASE WHEN grantee <> 0 THEN pg_get_userbyid(grantee) END,
       'privilege', privilege_type, 'grantable', is_grantable)), '[]') FROM aclexplode(lanacl))
  FROM pg_language WHERE lanacl IS NOT NULL AND NOT lanispl`;

async function readHome(client: Client, database: string): Promise<HomeFacts> {
  const { rows } = await client.query<{ what: NewDatabases }>(
    `SELECT 'SCHEMA public' AS what WHERE NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'public')
     UNION ALL
     SELECT 'EXTENSION plpgsql' WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'plpgsql')`,
  );
  const { rows: undumped } = await client.query<HomeFacts['undumped'][number]>(UNDUMPED);
  return {
    attributes: (await readAttributes(client, database))!,
    undumped,
    without: rows.map(({ what }) => what),
  };
}

/**
 * Parses the facts file of a backup.
 *
 * @returns undefined if these are not the facts of a backup, or come from a version of makesafe that wrote fewer
 */
export function parseFacts(text: string): BackupFacts | undefined {
  let facts: Partial<BackupFacts>;
  try {
    facts = JSON.parse(text) as Partial<BackupFacts>;
  } catch {
    return undefined;
  }
  const texts = ['environment', 'database', 'databaseOid', 'serverVersion', 'sha256'] as const;
  const numbers = ['size', 'databaseSize', 'tables'] as const;
  const complete =
    typeof facts === 'object' &&
    facts !== null &&
    texts.every((name) => typeof facts[name] === 'string') &&
    (facts.systemIdentifier === null || typeof facts.systemIdentifier === 'string') &&
    numbers.every((name) => typeof facts[name] === 'number') &&
    ['custom', 'directory'].includes(facts.format ?? '') &&
    Array.isArray(facts.revisions) &&
    !Number.isNaN(Date.parse(facts.time ?? ''));
  return complete ? (facts as BackupFacts) : undefined;
}
