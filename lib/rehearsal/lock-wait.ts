/** For pg_dump of a database that is in use: somebody may hold a table for long, and then the schema is not known. */
export const LOCK_WAIT = '--lock-wait-timeout=5s';
