import type { Client } from 'pg';
import type { DatabaseIdentity } from '../identity.ts';
import type { Result } from '../../system/process.ts';
import type { FailureReport } from './failure-report.ts';
/** A database as any session on it can tell it, also that of a role that may read little. */
export interface Reached extends Omit<DatabaseIdentity, 'name'> {
  readonly database: string;
  /**
   * When the server was started, in microseconds. It tells a server from one that runs on a copy of its storage, and
   * from all others where a role may not read the system identifier. Null when the role may not read it.
   */
  readonly started: string | null;
}
/** To which revisions alembic was about to lead a version table. */
export interface Plan {
  readonly plan: readonly string[];
  readonly table: string;
  /** Null where the search_path of alembic's session says it. */
  readonly schema: string | null;
  /** How many revisions it was about to run. */
  readonly steps: number;
}
/** Revisions that no other one follows. */
export interface Heads {
  readonly heads: readonly string[];
  /** Those of them that a version table holds in the end: one that another one depends on is not written down. */
  readonly ends: readonly string[];
}
/** The same from what `alembic heads` prints, where alembic is no script of Python. Others print as well. */
export declare function headsOf(stdout: string): Heads;
/** Why the program ended alembic: what a connection reached, or why that could not be found out. */
export type Refusal =
  | {
      readonly found: Reached;
    }
  | {
      readonly unknown: string;
    }
  | {
      readonly unreachable: string;
    };
/** The database that the client is connected to, in the form in which alembic's connections are compared with it. */
export declare function readReached(client: Client): Promise<Reached>;
/** The way in which one run of alembic is bound to a database: the program to run, and what it reported. */
export declare class Binding {
  #private;
  /** The server's processes that alembic has connected to so far, where its lines are shown as they come. */
  readonly sessions: number[];
  /** @param expected the only database that alembic may reach; null where it may reach none */
  constructor(expected: Reached | null);
  /**
   * What alembic's Python is given on its standard input, in the place of the script.
   *
   * @param script alembic's own, as its place sees it; the module when there is none
   */
  program(script: string | undefined): string;
  /**
   * What alembic itself printed in a line; undefined when nothing.
   *
   * @param traceback whether that is shown as well
   */
  own(line: string, traceback?: boolean): string | undefined;
  /** Takes the reports out of what was printed. */
  read({ status, stdout, stderr }: Result): Result;
  /** Why alembic stopped; undefined where it did not, or ended by itself. */
  get failure(): FailureReport | undefined;
  get refusal(): Refusal | undefined;
  /** How many connections had reached the right database. */
  get bound(): number;
  /** The file that a revision was written to, as alembic's place sees it. */
  get made(): string | undefined;
  get heads(): Heads | undefined;
  /** The last one of each version table: what was tried before is of no account. */
  get plans(): readonly Plan[];
}
