import type { DatabaseIdentity } from '../identity.ts';
import { RefusedError, UnreachableError } from '../../errors.ts';
import type { Result, RunOptions } from '../../system/process.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import { holdersOf } from '../postgres/lock-wait.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import type { Terminal } from '../../output/terminal.ts';
import {
  Binding,
  headsOf,
  readReached,
  type Heads,
  type Plan,
  type Reached,
  type Refusal,
} from './binding.ts';
import type { FailureReport } from './failure-report.ts';
import type { Python } from './interpreter.ts';
import type { Watched, WatchOptions } from './watch.ts';

export interface AlembicOptions {
  /** Path of alembic.ini, on the machine or in the container that migrates. Default: that of the environment. */
  readonly ini?: string | undefined;
  /** Does not show alembic's lines. */
  readonly quiet?: boolean;
  /** The database that the guard has shown. Default: the one that our own session reaches. */
  readonly shown?: DatabaseIdentity | undefined;
  /** Does not show the traceback, because the caller explains the failure. The result still has it. */
  readonly foldTraceback?: boolean;
  /** Refuses also a command that only reads, if makesafe cannot see which database it reaches. */
  readonly strict?: boolean;
  /** Reports each statement of the migrations, and what it did. */
  readonly watch?: WatchOptions | undefined;
}

/** What alembic did on the verified database. */
export interface AlembicResult extends Result {
  /** The target revisions for each version table; undefined if the run was not bound to a database. */
  readonly plans: readonly Plan[] | undefined;
  /** The heads, from alembic's API; undefined for a command that does not read them. */
  readonly heads: Heads | undefined;
  /** Why alembic stopped; undefined if it did not, or if it is unknown. */
  readonly failure?: FailureReport | undefined;
  /** The file of the new revision, a path on the machine or in the container that migrates; undefined if unknown. */
  readonly made?: string | undefined;
  /** What the migrations did; undefined if nobody watched. */
  readonly watched?: Watched | undefined;
}

/** The place where an environment's migrations run: a container or this machine. */
export interface Place {
  readonly environment: string;
  /** Asks the environment's database on a session of makesafe, which is verified. */
  readonly ask: AskElsewhere;
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
    shown,
    strict = false,
    foldTraceback = false,
    watch,
  }: Pick<AlembicOptions, 'shown' | 'strict' | 'foldTraceback' | 'watch'>,
): Promise<AlembicResult> {
  const need = strict ? 'always' : needOfBinding(args);
  const python = need === 'none' ? undefined : await place.python().catch(unlessNeeded(need));
  if (!python) {
    const result = await place.start(args, undefined, (line) => line);
    return { ...result, plans: undefined, heads: args[0] === 'heads' ? headsOf(result.stdout) : undefined };
  }
  // A command that only reads files may reach no database.
  const expected = await (readsFilesOnly(args)
    ? null
    : place.ask(readReached).catch((error: unknown) => {
        // alembic can create a revision's file while the database is down. Then it may reach no database.
        if (args[0] === 'revision' && need !== 'always' && error instanceof UnreachableError) return null;
        throw error;
      }));
  if (expected) refuseOther(expected, place, shown);
  const binding = new Binding(expected, watch);
  const input = binding.program(python.script);
  const started = place.start(args, { words: python.words, input }, (line) =>
    binding.own(line, !foldTraceback),
  );
  const holders = holdersOf(place.ask, () => ({ processes: binding.sessions }));
  const result = binding.read(await whileWaitingFor(holders, started));
  if (binding.refusal) throw refused(binding.refusal, expected, binding.bound, place);
  const { plans, heads, failure, made, watched } = binding;
  return { ...result, plans, heads, failure, made, watched };
}

const unlessNeeded =
  (need: Need) =>
  (error: unknown): undefined => {
    if (need === 'always' || !(error instanceof RefusedError)) throw error;
  };

/** @throws RefusedError when our own session reaches another environment's database, or not the one that was shown */
function refuseOther(found: Reached, { environment }: Place, shown: DatabaseIdentity | undefined): void {
  if (found.marker !== null && found.marker !== environment) {
    throw new RefusedError(
      `database ${found.database} is marked for ${found.marker}, and this is ${environment}: nothing was touched`,
      { hint: `look at what it is: make db-mark-env ENV=${environment}` },
    );
  }
  if (!shown) return;
  const differs =
    found.oid !== shown.oid ||
    found.marker !== shown.marker ||
    (shown.systemIdentifier !== null &&
      found.systemIdentifier !== null &&
      found.systemIdentifier !== shown.systemIdentifier);
  if (differs) {
    throw new RefusedError(
      `${describeReached(found)} is not the database that was shown: nothing was touched`,
      { hint: 'type the same again, and look at what is shown' },
    );
  }
}

/** `database core_stg (marker vm_stg, system 7412345678901234567)` */
function describeReached({ database, marker, systemIdentifier, started }: Reached): string {
  const server =
    systemIdentifier !== null
      ? `system ${systemIdentifier}`
      : `server started ${started === null ? 'at an unknown time' : new Date(Number(started) / 1000).toISOString()}`;
  return `database ${database} (${marker === null ? 'no marker' : `marker ${marker}`}, ${server})`;
}

function refused(
  refusal: Refusal,
  expected: Reached | null,
  bound: number,
  { environment, settings, nameThePython }: Place,
): RefusedError {
  const touched = bound === 0 ? 'nothing was touched' : 'nothing was touched there';
  if ('unreachable' in refusal) {
    return new RefusedError(
      `alembic's own Python cannot say which database it reaches (${refusal.unreachable}): nothing was touched`,
      { hint: `name the Python that has the project's alembic: ${nameThePython}` },
    );
  }
  if ('unknown' in refusal) {
    return new RefusedError(
      `nobody can say which database alembic reaches (${refusal.unknown}): ${touched}`,
      { hint: `alembic may reach the database of ${environment} only: look at ${settings}` },
    );
  }
  const other = expected
    ? `\n${environment} is on ${describeReached(expected)}${sameBut(refusal.found, expected)}`
    : '';
  return new RefusedError(
    `alembic reaches ${describeReached(refusal.found)}, not the one that was shown: ${touched}${other}`,
    { hint: `look at what says where alembic goes: ${settings}` },
  );
}

/** Says what differs, if both databases look the same in the message. */
function sameBut(found: Reached, expected: Reached): string {
  if (describeReached(found) !== describeReached(expected)) return '';
  return found.oid !== expected.oid
    ? `; the database's OID is ${found.oid} there, and ${expected.oid} here`
    : '; the servers were not started at the same time: one runs on a copy of the other';
}
