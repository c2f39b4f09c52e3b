import type { Client } from 'pg';
import { readRevisions } from './revisions.ts';
import { readSystemIdentifier } from './system-identifier.ts';

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
  /** Bytes of the dump. */
  readonly size: number;
  /** Bytes of the database at the time, as the server counts them. */
  readonly databaseSize: number;
  /** Of the file; in directory format of names and contents of all files, in order. */
  readonly sha256: string;
  /** ISO 8601, UTC. */
  readonly time: string;
}

/** A backup, with the facts beside it. */
export interface TakenBackup {
  /** The dump: a file, or in directory format a folder. */
  readonly file: string;
  readonly facts: BackupFacts;
}

/** What the database itself knows of the facts. */
export type DatabaseFacts = SourceDatabase &
  Pick<BackupFacts, 'serverVersion' | 'revisions' | 'databaseSize'>;

export async function readDatabaseFacts(client: Client): Promise<DatabaseFacts> {
  const { rows } = await client.query<
    Omit<DatabaseFacts, 'databaseSize' | 'systemIdentifier'> & { size: string }
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
