import type { Client } from 'pg';
import { type DatabaseAttributes, type DatabasePrivilege } from '../attributes.ts';
import type { Seal } from '../../stack/seal.ts';
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
export type NewDatabases = 'SCHEMA public' | 'EXTENSION plpgsql';
/** A backup, with the facts beside it. */
export interface TakenBackup {
  /** The dump: a file, or in directory format a folder. */
  readonly file: string;
  readonly facts: BackupFacts;
}
/** What the database itself knows of the facts. */
export type DatabaseFacts = SourceDatabase &
  Pick<BackupFacts, 'serverVersion' | 'revisions' | 'databaseSize'> &
  Required<Pick<BackupFacts, 'home'>>;
export declare function readDatabaseFacts(client: Client): Promise<DatabaseFacts>;
/**
 * The facts in a `.json`, or undefined when they are not those of a backup: of a version of makesafe that wrote less,
 * or somebody else's.
 */
export declare function parseFacts(text: string): BackupFacts | undefined;
