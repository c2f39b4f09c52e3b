import type { Transform, Writable } from 'node:stream';
import type { Client } from 'pg';
import type { Finding, Outcome } from '../output/check-result.ts';
import type { ToText } from '../dump/read/dump.ts';
import type { AlembicOptions, AlembicResult } from './alembic/run-alembic.ts';
import type { Result } from '../system/process.ts';
import type { DumpOptions, PgDump } from './pg-dump/options.ts';
import type { Plan } from './plan.ts';
import type { PsqlOptions } from './postgres/psql.ts';
import type { SessionAs } from './postgres/session.ts';
import type { Target } from './target.ts';
import type { ScriptError } from '../sql/run-statements.ts';

export type { DumpOptions, PgDump } from './pg-dump/options.ts';
export type { StackOptions } from './options.ts';
export type { Storage, Target } from './target.ts';

/** Who has the lock already, or the lock, which dies with this process if it is not released. */
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

/** What was found once everything was stopped. */
export interface Stopped {
  /** Where the data is, as it was seen: completes "vm_stg is stopped; …". */
  readonly found: string;
  /** What to change where the containers had to be kept. */
  readonly advice: readonly string[];
}

/**
 * What becomes of containers of the project that are in none of its files; undefined where nobody has said: removed by name,
 * kept on a protected environment.
 */
export type Orphans = 'keep' | 'remove' | undefined;

/** What may migrate by itself, or cannot do without the tables. */
export interface Application {
  databaseRuns(): Promise<boolean>;
  /** @param which all that runs, or what the engine starts again and again */
  holdBack(which: 'all' | 'restarting'): Promise<HeldBack>;
  /** Services that a run has stopped which was ended before it started them again. */
  leftStopped(): Promise<readonly string[]>;
}

export interface HeldBack {
  /** Names of the services that were stopped. */
  readonly services: readonly string[];
  /** Starts them as they were. */
  readonly letGo: () => Promise<void>;
}

/**
 * The running thing behind an environment. Methods that change something go through `Actor.act`, so that a dry run
 * shows them instead.
 */
export interface Stack {
  /** Name and owner of the database, from the resolved configuration, and the service that runs it. */
  readonly database: { readonly name: string; readonly user: string; readonly service: string };

  /**
   * @param dataDirectory the server's own word for it, where it answers and may say it
   * @param seen what was found the last time
   */
  target(dataDirectory: Promise<string | undefined>, seen?: Target): Promise<Target>;

  /**
   * Builds the images that the configuration builds; nothing where there are none.
   *
   * @param options.quietly what it prints is shown only if it fails
   */
  build(options?: { readonly quietly?: boolean }): Promise<void>;
  /**
   * Starts everything and returns when the database answers a query.
   *
   * @param options.onStarted is called when the containers run and the database may not answer yet
   * @param options.only nothing else is started or stopped
   */
  up(options: {
    build: boolean;
    timeout: number;
    onStarted?: () => void;
    /** Its service, and what that needs. */
    only?: 'database';
    orphans?: Orphans | 'ignore';
  }): Promise<void>;
  /** The services beside the database; undefined where there are none that are ours to start and stop. */
  readonly application?: Application;
  /** Looks whether `up` could start it, before anything is removed. @throws RefusedError · ConfigurationError */
  readonly foresee?: () => Promise<void>;
  /** Stops everything, and keeps what the data needs to be found again. @throws RefusedError when they would be gone */
  down(): Promise<Stopped>;
  restart(options: { timeout: number }): Promise<void>;
  /** Whether the data is found again when the stack is stopped and started; undefined where that is not ours to say. */
  readonly lookAtStorage?: () => Promise<Outcome>;
  rebuild(options: BuildOptions & { timeout: number; orphans?: Orphans }): Promise<void>;
  ps(): Promise<void>;
  logs(options: { service: string | undefined; follow: boolean; tail: number }): Promise<void>;
  health(): Promise<ServiceHealth[]>;
  /**
   * Makes sure that the application gets in with the password of the configuration, where our own way in proves nothing.
   *
   * @throws FailedError when the storage was made with another one
   */
  checkPassword(): Promise<void>;
  /** What there is to say of the engine, its ports and its password. */
  diagnose(): Promise<Finding[]>;
  /** The resolved configuration as text, secrets included: it is for the terminal, which hides them. */
  config(): Promise<string>;

  /**
   * All that `destroy` removes, and what stands in its way.
   *
   * @param target as it was found
   */
  plan(target: Target): Promise<Plan>;
  /**
   * Takes a lock on an engine that several machines may share, while no server keeps one; undefined where it can keep none.
   *
   * @param about who holds it, for the one who comes second
   */
  readonly lock?: (about: string) => Promise<EngineLock | undefined>;
  /** Whether the server has ended, where nothing but `up` starts it again. */
  readonly hasEnded?: () => boolean;
  /** For a server that ends when its disk is full, and that somebody has to start again. */
  readonly fullDisk?: {
    /** Keeps some room of the disk, before it is filled. */
    readonly prepare: () => void;
    /**
     * Starts the server again in that room, if that is why it has ended.
     *
     * @throws UnreachableError saying what to free, when there is no such room
     */
    readonly recover: () => Promise<void>;
  };

  /**
   * Stops and removes what is in the plan and nothing else, then makes sure that nothing of it is left.
   *
   * @throws FailedError naming what is left
   */
  destroy(plan: Plan, target: Target): Promise<void>;

  /**
   * Runs `work` with a client on the given database of this environment's own server.
   *
   * @param as another role than the environment's own; whose settings hold. In a session of ours nothing that a role or
   *   database has set counts, and a name without a schema is the system's
   * @throws UnreachableError when the server is not up
   */
  withClient<T>(database: string, work: (client: Client) => Promise<T>, as?: SessionAs): Promise<T>;
  /**
   * A digest of a text that only who knows the password of the environment's role can make.
   *
   * @returns undefined where there is no password
   */
  seal(text: string, salt: string): Promise<string | undefined>;
  /** Bytes that are free where the server has the given folder; undefined where that cannot be found out. */
  freeSpace(folder: string): Promise<number | undefined>;
  /** The pg_dump that `dump` runs where none is asked for. */
  readonly pgDump: PgDump;
  /** How that pg_dump compresses an archive best, as `--compress` takes it; undefined: as it does by itself. */
  compression(): Promise<string | undefined>;
  /** Runs pg_dump on the database. Its status is not judged. */
  dump(args: readonly string[], output: Writable, how?: DumpOptions): Promise<Result>;
  /**
   * The same in directory format, by several jobs at once.
   *
   * @param meter what is written flows through it
   * @param needed bytes that the dump may need
   * @throws FailedError · ConfigurationError where pg_dump cannot do it
   */
  dumpDirectory(jobs: number, folder: string, meter: Transform, needed: number): Promise<void>;
  /** The SQL of an archive that this machine cannot decompress, where there is a pg_restore that can. */
  readonly toText?: ToText;
  /**
   * Runs an SQL script to its end, and tells which statements failed.
   *
   * @param allowed nothing of it is run before this is kept, nor when it is not
   */
  runScript(file: string, allowed?: Promise<unknown>): Promise<ScriptError[]>;
  /** psql on this environment's database, with the person's own terminal. @returns its status */
  psql(options: PsqlOptions): Promise<number>;
  /** A shell, or one command, in a container of the application. @throws ConfigurationError where there is none */
  shell(command: string | undefined, service: string | undefined): Promise<number>;
  /** Whether a file of the application, as that place sees it, is in its image: then this machine's own is another one. */
  isBuiltIn(file: string | undefined): boolean;
  /**
   * Runs alembic where the application's migrations are; lines are printed as they come. It can reach no database but
   * this environment's own.
   *
   * @throws RefusedError when it would, or when nobody can see which one it reaches
   */
  alembic(args: readonly string[], options?: AlembicOptions): Promise<AlembicResult>;
}
