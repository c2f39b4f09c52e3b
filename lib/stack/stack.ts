import type { Transform, Writable } from 'node:stream';
import type { Client } from 'pg';
import type { Anchor } from './anchor.ts';
import type { Application } from './application.ts';
import type { CheckResult, Outcome } from '../output/check-result.ts';
import type { ToText } from '../dump/read/dump.ts';
import type { AlembicOptions, AlembicResult } from './alembic/run-alembic.ts';
import type { Result } from '../system/process.ts';
import type { DumpOptions, PgDump } from './pg-dump/options.ts';
import type { Plan } from './plan.ts';
import type { PsqlOptions } from './postgres/psql.ts';
import type { SessionAs } from './postgres/session.ts';
import type { Target } from './target.ts';
import type { ScriptError } from '../sql/run-statements.ts';

export type { PgDump } from './pg-dump/options.ts';
export type { StackOptions } from './options.ts';
export type { Storage, Target } from './target.ts';

/** Either who holds the lock already, or our lock. Our lock ends with this process if nobody releases it. */
export type EngineLock = { readonly holder: string } | { readonly release: () => Promise<void> };

export interface ServiceHealth {
  readonly service: string;
  readonly healthy: boolean;
  /** `running (healthy)` */
  readonly state: string;
}

interface BuildOptions {
  readonly pull: boolean;
  readonly noCache: boolean;
  readonly progress: string | undefined;
  readonly buildkit: boolean | undefined;
}

/** A standby of a cluster that a backup is read from. */
export interface StandbyToRead extends Pick<Stack, 'withClient' | 'dump'> {
  readonly address: string;
  /** Bytes of WAL that it had yet to replay when the backup was asked for; and seconds until it had. */
  readonly behind: number;
  readonly seconds: number;
}

/** What `down` found after it stopped everything. */
export interface Stopped {
  /** Where the data is: completes the message "vm_stg is stopped; …". */
  readonly found: string;
  /** What to change in the configuration, if the containers had to stay. */
  readonly advice: readonly string[];
}

/**
 * What to do with containers of the project whose service is in no compose file. Undefined when the person has not
 * said: then they are removed and named on the screen; on a protected environment they stay.
 */
export type Orphans = 'keep' | 'remove' | undefined;

/**
 * What runs an environment: compose containers, an embedded server or a remote server. Methods that change something go
 * through `Actor.act`, so that a dry run shows the change instead.
 */
export interface Stack {
  /** Name and owner of the database, from the resolved configuration, and the service that runs it. */
  readonly database: { readonly name: string; readonly user: string; readonly service: string };

  /**
   * Finds what a destructive task would destroy.
   *
   * @param dataDirectory what the server reports, if it answers and the role may read it
   * @param seen the result of the last call
   */
  target(dataDirectory: Promise<string | undefined>, seen?: Target): Promise<Target>;

  /** Builds the images that have a `build` section, if any. `quietly`: its output is shown only if it fails. */
  build(options?: { readonly quietly?: boolean }): Promise<void>;
  /**
   * Starts everything and returns when the database answers a query.
   *
   * @param options.timeout seconds
   * @param options.onStarted called when the containers run; the database may not answer yet
   * @param options.only starts and stops nothing but this
   */
  up(options: {
    build: boolean;
    timeout: number;
    onStarted?: () => void;
    /** The database's service, and the services that it depends on. */
    only?: 'database';
    orphans?: Orphans | 'ignore';
    /** What `upToDate` has found: if it still runs, nothing has to be started. */
    running?: readonly string[] | undefined;
  }): Promise<void>;
  /** What runs, as IDs, if `up` of everything and `checkPassword` would have nothing to do; else undefined. */
  readonly upToDate?: () => Promise<readonly string[] | undefined>;
  /** The services other than the database; undefined if makesafe starts and stops none. */
  readonly application?: Application;
  /** Checks, before anything is removed, that `up` can start it again. @throws RefusedError · ConfigurationError */
  readonly foresee?: () => Promise<void>;
  /**
   * Stops everything, and keeps what the next start needs to find the data again.
   *
   * @throws RefusedError when stopping would lose the data
   */
  down(): Promise<Stopped>;
  restart(options: { timeout: number }): Promise<void>;
  /** Checks that the next start after `down` finds the data again; undefined where makesafe cannot know. */
  readonly lookAtStorage?: () => Promise<Outcome>;
  rebuild(options: BuildOptions & { timeout: number; orphans?: Orphans }): Promise<void>;
  ps(): Promise<void>;
  logs(options: { service: string | undefined; follow: boolean; tail: number }): Promise<void>;
  health(): Promise<ServiceHealth[]>;
  /**
   * Checks that the application can log in with the password of the configuration. It matters where makesafe's own
   * connection needs no password.
   *
   * @throws FailedError when the storage was made with another one
   */
  checkPassword(): Promise<void>;
  /** Check results about the engine, its ports and its password. */
  diagnose(): Promise<CheckResult[]>;
  /** The resolved configuration as text, secrets included. Print it only on the terminal, which hides them. */
  config(): Promise<string>;

  /**
   * Everything that `destroy` removes, and the obstacles to it.
   *
   * @param target the result of `target()`
   */
  plan(target: Target): Promise<Plan>;
  /**
   * Takes a lock on the engine, which several machines may share, for the time when no server can hold one. Undefined
   * where the engine cannot hold one.
   *
   * @param about who holds the lock, to show to a second person who asks for it
   */
  readonly lock?: (about: string) => Promise<EngineLock | undefined>;
  /** Where an engine keeps the data in volumes. */
  readonly anchor?: Anchor;
  /** Whether the server process has ended. Only for a server that nothing but `up` starts again. */
  readonly hasEnded?: () => boolean;
  /** For a server that ends when its disk is full, and that nothing restarts. */
  readonly fullDisk?: {
    /** Reserves some room on the disk, before the work that may fill it. */
    readonly prepare: () => void;
    /**
     * Frees that room and starts the server again, if a full disk ended it.
     *
     * @throws UnreachableError saying what to free, if no room was reserved
     */
    readonly recover: () => Promise<void>;
  };

  /**
   * Stops and removes what is in the plan and nothing else, then checks that nothing of it is left.
   *
   * @throws FailedError naming what is left
   */
  destroy(plan: Plan, target: Target): Promise<void>;

  /**
   * Runs `work` with a client on the given database of this environment's own server.
   *
   * @param as the role, and whose settings apply. Default: the environment's role with makesafe's settings, which
   *   override those of role and database, and where a name without a schema means the system's object
   * @throws UnreachableError when the server is not up
   */
  withClient<T>(database: string, work: (client: Client) => Promise<T>, as?: SessionAs): Promise<T>;
  /**
   * Of a cluster: forgets which server is the primary, so that the next session asks all. For looking at a result and
   * putting back: never between what was shown and the action.
   */
  readonly lookForPrimary?: () => void;
  /** Of a cluster: asks all servers whether the one in use is still the primary. @throws UnclearPrimaryError if not */
  readonly makeSureOfPrimary?: () => Promise<void>;
  /**
   * Of a cluster whose entry says so: a standby to read a backup from. It has replayed all that the primary had committed
   * when this was called.
   *
   * @throws RefusedError if none has within the limit
   */
  readonly standbyForBackup?: () => Promise<StandbyToRead>;
  /**
   * A digest of a text. Only somebody who knows the password of the environment's role can make it.
   *
   * @returns undefined if there is no password
   */
  seal(text: string, salt: string): Promise<string | undefined>;
  /** Free bytes on the disk of the given folder, on the server's machine; undefined if they cannot be found out. */
  freeSpace(folder: string): Promise<number | undefined>;
  /** The pg_dump that `dump` runs by default. */
  readonly pgDump: PgDump;
  /** The value of `--compress` that suits that pg_dump best; undefined: its default. */
  compression(): Promise<string | undefined>;
  /** Runs pg_dump on the database. Does not throw when pg_dump fails: the caller checks its status. */
  dump(args: readonly string[], output: Writable, how?: DumpOptions): Promise<Result>;
  /**
   * The same in directory format, with several parallel jobs.
   *
   * @param meter the written data flows through it
   * @param needed bytes that the dump may need
   * @throws FailedError · ConfigurationError where pg_dump cannot do it
   */
  dumpDirectory(jobs: number, folder: string, meter: Transform, needed: number): Promise<void>;
  /** Converts an archive that this machine cannot decompress to SQL, with a pg_restore that can. */
  readonly toText?: ToText;
  /**
   * Runs an SQL script to its end, and returns the statements that failed.
   *
   * @param allowed the script starts only after this promise is resolved; if it rejects, nothing of it runs
   */
  runScript(file: string, allowed?: Promise<unknown>): Promise<ScriptError[]>;
  /** Runs psql on this environment's database, on the person's terminal. @returns its status */
  psql(options: PsqlOptions): Promise<number>;
  /** Runs a shell, or one command, in a container of the application. @throws ConfigurationError if there is none */
  shell(command: string | undefined, service: string | undefined): Promise<number>;
  /**
   * Whether a file of the application is in its image, not mounted: then the file on this machine may differ.
   *
   * @param file its path in the application's container
   */
  isBuiltIn(file: string | undefined): boolean;
  /**
   * Runs alembic where the application's migrations are, and prints its lines as they come. It can reach no database
   * but this environment's own.
   *
   * @throws RefusedError when it would reach another one, or when makesafe cannot see which one it reaches
   */
  alembic(args: readonly string[], options?: AlembicOptions): Promise<AlembicResult>;
}
