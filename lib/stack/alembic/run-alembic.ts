import type { Client } from 'pg';
import type { DatabaseIdentity } from '../identity.ts';
import { RefusedError, UnreachableError } from '../../errors.ts';
import type { Result, RunOptions } from '../../system/process.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import { holdersOf } from '../postgres/lock-wait.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import type { Terminal } from '../../output/terminal.ts';
import { Binding, type OtherServer, type Redirection } from './binding.ts';
import type { Plan } from './report.ts';
import { headsOf, type Heads } from './heads.ts';
import type { FailureReport } from './failure-report.ts';
import { watchOthers, type Others } from './give-way.ts';
import type { Python } from './interpreter.ts';
import type { Pending } from './pending.ts';
import { readReached } from './reached.ts';
import { changedSince, hasChangedSince, refused, refuseOther } from './refusal.ts';
import type { Difference, Rehearsal } from './rehearsal.ts';
import type { Sources, TraceOptions } from './sources.ts';
import type { Walk, WalkOptions } from './walk.ts';
import type { Watched, WatchOptions } from './watch.ts';

export interface AlembicOptions {
  /** Path of alembic.ini, on the machine or in the container that migrates. Default: that of the environment. */
  readonly ini?: string | undefined;
  /** Does not show alembic's lines. */
  readonly quiet?: boolean;
  /**
   * Another database of the environment's server, to which all connections of alembic go instead of where env.py says.
   * Default: the environment's database, and a connection that goes elsewhere is refused.
   */
  readonly instead?: Pick<Redirection, 'database' | 'copyOf'> | undefined;
  /** The database that the guard has shown. Default: the one that our own session reaches. */
  readonly shown?: DatabaseIdentity | undefined;
  /** Does not show the traceback, because the caller explains the failure. The result still has it. */
  readonly foldTraceback?: boolean;
  /** Reports which files were read. */
  readonly trace?: TraceOptions | undefined;
  /** With `upgrade heads`: goes up, down and up again with each revision, and compares. */
  readonly walk?: WalkOptions | undefined;
  /** Refuses also a command that only reads, if makesafe cannot see which database it reaches. */
  readonly strict?: boolean;
  /** Reports each statement of the migrations, and what it did. */
  readonly watch?: WatchOptions | undefined;
  /** Holds the migrations to their rehearsal: the first statement that differs is not sent. */
  readonly rehearsed?: Rehearsal | undefined;
  /** Seconds that other sessions may wait for a command that migrates; then it is stopped. Undefined: no limit. */
  readonly othersWait?: number | undefined;
  /** Runs nothing, and only finds out which revisions would run. */
  readonly look?: boolean;
  /** The revisions that a person was shown: no other one may run. Undefined: any may. */
  readonly revisions?: readonly string[] | undefined;
  /** Called with the revisions that are about to run. */
  readonly onPending?: ((pending: readonly Pending[]) => void) | undefined;
}

/** What alembic did on the verified database. */
export interface AlembicResult extends Result {
  /** The target revisions for each version table; undefined if the run was not bound to a database. */
  readonly plans: readonly Plan[] | undefined;
  /** The heads, from alembic's API; undefined for a command that does not read them. */
  readonly heads: Heads | undefined;
  /** The revisions that it ran or would run, in its order; undefined if the run was not bound to a database. */
  readonly pending?: readonly Pending[] | undefined;
  /** Why alembic stopped; undefined if it did not, or if it is unknown. */
  readonly failure?: FailureReport | undefined;
  /** The files of the project that alembic has read; undefined if nobody asked. */
  readonly files?: readonly string[] | undefined;
  /** What the run was made of; undefined if nobody asked for contents. */
  readonly sources?: Sources | undefined;
  /** What the walk found; undefined if there was none. */
  readonly walk?: Walk | undefined;
  /** The file of the new revision, a path on the machine or in the container that migrates; undefined if unknown. */
  readonly made?: string | undefined;
  /** What the migrations did; undefined if nobody watched. */
  readonly watched?: Watched | undefined;
  /** The first statement that was not the rehearsed one; undefined if there was none. */
  readonly difference?: Difference | undefined;
  /** Who writes the statements here, if it is somebody else than in the rehearsal, so that they were not compared. */
  readonly uncompared?: string | undefined;
  /** What was met while others were kept from waiting; undefined without a limit. */
  readonly others?: Others | undefined;
}

type AskDatabase = <T>(question: (client: Client) => Promise<T>, database?: string) => Promise<T>;

/** The place where an environment's migrations run: a container or this machine. */
export interface Place {
  readonly environment: string;
  /** Asks a database on a session of makesafe, which is verified. Default: the environment's database. */
  readonly ask: AskDatabase;
  /** The server for all connections of alembic, if it is not the one that env.py names. Then `instead` is needed. */
  readonly server?: OtherServer;
  /** @throws RefusedError if makesafe cannot run a program with the Python of the project's alembic */
  readonly python: () => Promise<Python>;
  /** Runs alembic with these arguments. `instead`: the words and input to run in its place, with the same arguments. */
  readonly start: (
    args: readonly string[],
    instead: (Pick<Python, 'words'> & { readonly input: string }) | undefined,
    own: (line: string) => string | undefined,
  ) => Promise<Result>;
  /** Where a person sets which database alembic connects to, for messages. */
  readonly settings: string;
  /** How a person names the Python of alembic, for messages. */
  readonly nameThePython: string;
}

/** Shows alembic's own lines as they come. @param own the part of a line to show, see `Binding.own` */
export const showing =
  (terminal: Terminal, own: (line: string) => string | undefined): NonNullable<RunOptions['onLine']> =>
  (line, from) => {
    const shown = own(line);
    if (shown === undefined) return;
    if (from === 'stdout') terminal.result(shown);
    else terminal.line(shown);
  };

/** Commands that read the revisions' files, and no database. */
const FILES_ONLY = ['heads', 'history', 'branches', 'show'];
export const readsFilesOnly = ([command]: readonly string[]): boolean => FILES_ONLY.includes(command!);

/**
 * Commands that may run where the application runs: they change nothing. Not where somebody asks which files were read,
 * because what migrates then must read the same ones.
 */
export const readsOnly = (args: readonly string[], { trace }: Pick<AlembicOptions, 'trace'>): boolean =>
  readsFilesOnly(args) || (args[0] === 'current' && trace === undefined);

/** Commands that change the database. */
const migrates = ([command]: readonly string[]): boolean =>
  ['upgrade', 'downgrade', 'stamp', 'ensure_version'].includes(command!);

type Need = 'none' | 'where possible' | 'always';

/**
 * Whether a command of alembic has to be bound to the verified database.
 *
 * @see https://alembic.sqlalchemy.org/en/latest/api/commands.html
 */
export function needOfBinding([command, ...args]: readonly string[]): Need {
  // Bound, our program reads the heads from alembic's API.
  if (command === 'heads' || command === 'current') return 'where possible';
  if (FILES_ONLY.includes(command!)) return 'none';
  // It connects to a database only if alembic.ini sets revision_environment.
  return command === 'revision' && !args.includes('--autogenerate') ? 'where possible' : 'always';
}

/**
 * Runs alembic so that it can reach only the verified database.
 *
 * @throws RefusedError when a connection of alembic reached another database, or makesafe cannot see which one. Then
 *   alembic was ended before its first statement there
 */
export async function runAlembic(
  place: Place,
  args: readonly string[],
  {
    instead,
    shown,
    strict = false,
    foldTraceback = false,
    trace,
    walk,
    watch,
    rehearsed,
    othersWait,
    look = false,
    revisions,
    onPending,
  }: Omit<AlembicOptions, 'ini' | 'quiet'>,
): Promise<AlembicResult> {
  // Only our program leads connections elsewhere.
  const need = strict || instead ? 'always' : needOfBinding(args);
  const ask: AskElsewhere = (query) => place.ask(query, instead?.database);
  const python = need === 'none' ? undefined : await place.python().catch(unlessNeeded(need));
  if (!python) {
    const result = await place.start(args, undefined, (line) => line);
    return { ...result, plans: undefined, heads: args[0] === 'heads' ? headsOf(result.stdout) : undefined };
  }
  // A command that only reads files may reach no database.
  const expected = await (readsFilesOnly(args)
    ? null
    : ask(readReached).catch((error: unknown) => {
        // alembic can create a revision's file while the database is down. Then it may reach no database.
        if (args[0] === 'revision' && need !== 'always' && error instanceof UnreachableError) return null;
        throw error;
      }));
  if (expected) refuseOther(expected, place, shown);
  const { server } = place;
  const led = instead && { ...instead, server };
  const purpose = { migrates: migrates(args) && !look, look, shown: revisions };
  const binding = new Binding(expected, { instead: led, trace, walk, watch, rehearsed, ...purpose });
  binding.onPending = onPending;
  const input = binding.program(python.script);
  const started = place.start(args, { words: python.words, input }, (line) =>
    binding.own(line, !foldTraceback),
  );
  const holders = holdersOf(ask, () => ({ processes: binding.sessions }));
  const ended = new AbortController();
  const watching =
    othersWait === undefined ? undefined : watchOthers(othersWait, ask, () => binding, ended.signal);
  const result = binding.read(await whileWaitingFor(holders, started).finally(() => ended.abort()));
  const others = await watching;
  if (binding.refusal) {
    const now = await ask(readReached).catch(() => undefined);
    if (hasChangedSince(binding.refusal, expected, now)) throw changedSince(expected, binding.bound);
    throw refused(binding.refusal, expected, binding.bound, place);
  }
  const {
    plans,
    pending,
    heads,
    failure,
    made,
    files,
    sources,
    walk: walked,
    watched,
    difference,
    uncompared,
  } = binding;
  const seen = { walk: walked, watched, difference, uncompared, others };
  return { ...result, plans, pending, heads, failure, made, files, sources, ...seen };
}

const unlessNeeded =
  (need: Need) =>
  (error: unknown): undefined => {
    if (need === 'always' || !(error instanceof RefusedError)) throw error;
  };
