import { RefusedError, UnreachableError } from '../../errors.ts';
import type { DatabaseIdentity } from '../identity.ts';
import type { Reached } from './reached.ts';

/** Why bound_alembic.py ended alembic: what a connection reached, or why it could not find that out. */
export type Refusal =
  | { readonly found: Reached }
  | { readonly unknown: string }
  | { readonly unreachable: string }
  /** Revisions that would have run although they were not shown. */
  | { readonly unseen: readonly string[] };

/** What a refusal names, see `Place`. */
interface Named {
  readonly environment: string;
  readonly settings: string;
  readonly nameThePython: string;
}

/** @throws RefusedError when our own session reaches another environment's database, or not the one that was shown */
export function refuseOther(
  found: Reached,
  { environment }: Named,
  shown: DatabaseIdentity | undefined,
): void {
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

/**
 * Whether alembic was refused because the server that was verified has been restarted since, or is the primary no more.
 * Otherwise alembic's own settings lead to a server on a copy of the same storage. Pure.
 *
 * @param now what our own way leads to by now; undefined if no server answers
 */
export function hasChangedSince(
  refusal: Refusal,
  expected: Reached | null,
  now: Reached | undefined,
): expected is Reached {
  if (!expected || !('found' in refusal)) return false;
  const { found } = refusal;
  const isSame =
    found.oid === expected.oid &&
    found.systemIdentifier === expected.systemIdentifier &&
    found.marker === expected.marker &&
    found.database === expected.database;
  return isSame && found.started !== expected.started && now?.started !== expected.started;
}

/** @param bound how many connections had reached the verified server */
export const changedSince = ({ database }: Reached, bound: number): UnreachableError =>
  new UnreachableError(
    `the server of ${database} was restarted after the look at it, or another one became the primary: ${touchedBy(bound)}`,
    { hint: 'type the same again, and look at what is shown' },
  );

const touchedBy = (bound: number): string =>
  bound === 0 ? 'nothing was touched' : 'nothing was touched there';

export function refused(
  refusal: Refusal,
  expected: Reached | null,
  bound: number,
  { environment, settings, nameThePython }: Named,
): RefusedError {
  const touched = touchedBy(bound);
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
  if ('unseen' in refusal) {
    return new RefusedError(
      `alembic would run what was not shown (${refusal.unseen.join(', ')}): nothing was run`,
      {
        hint: 'somebody has changed the revisions or the database: type the same again, and look at what is shown',
      },
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
