import type { DatabaseIdentity } from '../identity.ts';
import type { Result, RunOptions } from '../../system/process.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import type { Terminal } from '../../output/terminal.ts';
import { type Heads, type Plan, type Reached } from './binding.ts';
import type { FailureReport } from './failure-report.ts';
import type { Python } from './interpreter.ts';
export interface AlembicOptions {
  /** alembic.ini as the place that migrates sees it; its usual one by default. */
  readonly ini?: string | undefined;
  /** Its lines are not shown. */
  readonly quiet?: boolean;
  /** The database that the guard has shown; else it is the one that our own session reaches. */
  readonly shown?: DatabaseIdentity | undefined;
  /** Its caller says why it failed: the traceback is kept for the whole output. */
  readonly foldTraceback?: boolean;
  /** Also a command that only reads is refused where nobody can see which database it reaches. */
  readonly strict?: boolean;
}
/** What alembic did on the verified database. */
export interface AlembicResult extends Result {
  /** To which revisions it was about to lead each version table; undefined where it was not bound. */
  readonly plans: readonly Plan[] | undefined;
  /** What alembic's API says of the revisions; undefined of a command that does not ask for it. */
  readonly heads: Heads | undefined;
  /** Why it stopped, in its own words; undefined where it did not, or nobody can say. */
  readonly failure?: FailureReport | undefined;
  /** The file of the revision that was made, as that place sees it; undefined where nobody could see. */
  readonly made?: string | undefined;
}
/** The place where an environment's migrations are. */
export interface Place {
  readonly environment: string;
  /** Asks on a session of ours what alembic's own connection may reach: the stack's own, verified way. */
  readonly ask: AskElsewhere;
  /** @throws RefusedError where no program can be run with the Python of the project's alembic */
  readonly python: () => Promise<Python>;
  /** Runs alembic as it is with what follows it, or with the given words and input in its place. */
  readonly start: (
    args: readonly string[],
    instead:
      | (Pick<Python, 'words'> & {
          readonly input: string;
        })
      | undefined,
    own: (line: string) => string | undefined,
  ) => Promise<Result>;
  /** Where it is said which database alembic goes to, for the person who has to correct that. */
  readonly settings: string;
  /** How the Python is named that alembic is to be run with. */
  readonly nameThePython: string;
}
/** Shows alembic's own lines as they come. */
export declare const showing: (
  terminal: Terminal,
  own: (line: string) => string | undefined,
) => NonNullable<RunOptions['onLine']>;
export declare const readsFilesOnly: ([command]: readonly string[]) => boolean;
type Need = 'none' | 'where possible' | 'always';
/** @see https://alembic.sqlalchemy.org/en/latest/api/commands.html */
export declare function needOfBinding([command, ...args]: readonly string[]): Need;
/**
 * Runs alembic so that it can reach no database but the one that was verified.
 *
 * @throws RefusedError when a connection of alembic's reached another one, or nobody could see which; alembic was ended
 * before its first statement there
 */
export declare function runAlembic(
  place: Place,
  args: readonly string[],
  { shown, strict, foldTraceback }: Pick<AlembicOptions, 'shown' | 'strict' | 'foldTraceback'>,
): Promise<AlembicResult>;
/** `database core_stg (marker vm_stg, system 7412345678901234567)` */
export declare function describeReached({ database, marker, systemIdentifier, started }: Reached): string;
export {};
