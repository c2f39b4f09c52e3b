import type { Client } from 'pg';
import { readAttributes, type DatabaseAttributes, type DatabasePrivilege } from '../attributes.ts';
import { readRevisions } from '../revisions.ts';
import type { Seal } from '../../stack/seal.ts';
import { readSystemIdentifier } from '../system-identifier.ts';

/** Which database of which server: a name alone may belong to several. */
export interface SourceDatabase {
  readonly database: string;
  /** Object id of the database: another one after each reset or restore. */
  readonly databaseOid: string;
  /** Of the server's data directory; null where the role may not read it. */
  readonly systemIdentifier: string | null;
}

/** What stands in the `.json` beside a backup. */
export interface BackupFacts extends SourceDatabase {
  readonly environment: string;
  readonly serverVersion: string;
  /** Alembic's revisions at the time; more than one when heads were not merged, none before the first migration. */
  readonly revisions: readonly string[];
  readonly format: 'custom' | 'directory';
  /** Tables in it, partitions and partitioned ones included. */
  readonly tables: number;
  /** Rows of each table, by `schema.name`, as they were read back; facts of an older makesafe have none. */
  readonly rows?: Readonly<Record<string, number>>;
  /** Bytes of what is in it, decompressed. */
  readonly contents?: number;
  /** Bytes of the dump. */
  readonly size: number;
  /** Bytes of the database at the time, as the server counts them. */
  readonly databaseSize: number;
  /** Of the file; in directory format of names and contents of all files, in order. */
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** What no dump holds, for a restore into the environment itself. Backups of older versions do not have it. */
  readonly home?: HomeFacts;
  readonly seal?: Seal;
}

/** What belongs to the database and is in none of pg_dump's files. */
export interface HomeFacts {
  readonly attributes: DatabaseAttributes;
  /** Privileges that pg_dump leaves out: on what comes with a type by itself, and on the server's own languages. */
  readonly undumped: readonly {
    /** `ON FUNCTION "s"."span"(double precision)` */
    readonly on: string;
    readonly privileges: readonly Omit<DatabasePrivilege, 'grantor'>[];
  }[];
  /** What a new database has and this one had not: somebody has dropped it. */
  readonly without: readonly NewDatabases[];
}

/** What every new database begins with, and pg_dump never drops. */
type NewDatabases = 'SCHEMA public' | 'EXTENSION plpgsql';

/** A backup, with the facts beside it. */
export interface TakenBackup {
  /** The dump: a file, or in directory format a folder. */
  readonly file: string;
  readonly facts: BackupFacts;
}

/** What the database itself knows of the facts. */
type DatabaseFacts = SourceDatabase &
  Pick<BackupFacts, 'serverVersion' | 'revisions' | 'databaseSize'> &
  Required<Pick<BackupFacts, 'home'>>;

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

/** Constructors of ranges hang on their type, and pg_dump takes them for a part of it; languages of the server it passes by. */
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
 * The facts in a `.json`, or undefined when they are not those of a backup: of a version of makesafe that wrote less,
 * or somebody else's.
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
