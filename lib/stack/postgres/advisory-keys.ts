/**
 * First key of makesafe's advisory locks, so that they do not clash with other programs' locks: the bytes of "safe". The
 * second key of the lock that a run holds is the hash of the database's name.
 */
export const FIRST_KEY = 0x73616665;

/** Second key of the lock that all sessions of Alembic share, in the database that they migrate. */
const ALEMBIC_KEY = 0;

/** Second key of the lock that holds a database's wall open, in that database. */
export const WALL_KEY = 1;

/**
 * Marks a session of Alembic until it ends, as long as the server works for it, even if both makesafe and Alembic were
 * killed. It depends on no setting of the session, and never waits.
 */
export const MARK_MIGRATING = `SELECT pg_catalog.pg_try_advisory_lock_shared(${FIRST_KEY}, ${ALEMBIC_KEY})::pg_catalog.text`;

/**
 * A condition on a row of pg_locks: its session is one of Alembic. Add one for its database.
 *
 * @param row the alias of pg_locks
 */
export const MIGRATING = (row: string): string =>
  `${row}.locktype = 'advisory' AND ${row}.granted AND ${row}.objsubid = 2
   AND ${row}.classid::int8 = ${FIRST_KEY} AND ${row}.objid::int8 = ${ALEMBIC_KEY}`;
