import { describe, expect, test } from 'vitest';
import { restoreFailure } from '../../lib/database/restore-failure.ts';
import { pgRestoreFailure, psqlFailure } from '../../lib/stack/compose/restore.ts';

describe('pg_restore 17', () => {
  test.each<[what: string, stderr: string, message: string]>([
    [
      'a statement',
      `pg_restore: connecting to database for restore
pg_restore: creating TABLE "mart.suppliers"
pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 217; 1259 16390 TABLE suppliers app_stg
pg_restore: error: could not execute query: ERROR:  type "mood" does not exist
LINE 2:     a mood
              ^
Command was: CREATE TABLE mart.suppliers (
    a mood
);


`,
      `the restore stopped at TABLE suppliers app_stg: type "mood" does not exist
LINE 2:     a mood
              ^
CREATE TABLE mart.suppliers (
    a mood
);`,
    ],
    [
      'data',
      `pg_restore: while PROCESSING TOC:
pg_restore: from TOC entry 3432; 0 16390 TABLE DATA t app
pg_restore: error: COPY failed for table "t": ERROR:  duplicate key value violates unique constraint "k"
DETAIL:  Key (a)=(1) already exists.
CONTEXT:  COPY t, line 2
`,
      `the restore stopped at TABLE DATA t app: COPY failed for table "t": ERROR:  duplicate key value violates unique constraint "k"
DETAIL:  Key (a)=(1) already exists.
CONTEXT:  COPY t, line 2`,
    ],
    [
      'the connection',
      'pg_restore: error: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  x\n',
      'the restore stopped at its beginning: connection to server on socket "/var/run/postgresql/.s.PGSQL.5432" failed: FATAL:  x',
    ],
    [
      'what is not its own',
      'OCI runtime exec failed\n',
      'pg_restore failed (status 1): OCI runtime exec failed',
    ],
  ])('%s', (_what, stderr, message) => {
    expect(pgRestoreFailure({ status: 1, stderr }).message).toBe(message);
  });
});

test('psql: the first error, with its line', () => {
  const stderr = `psql:<stdin>:4: NOTICE:  nothing
psql:<stdin>:12: ERROR:  relation "t" does not exist
LINE 1: SELECT FROM t;
                    ^
`;
  expect(psqlFailure({ status: 3, stderr }).message).toBe(
    `the restore stopped at line 12: relation "t" does not exist\nLINE 1: SELECT FROM t;\n                    ^`,
  );
  expect(psqlFailure({ status: 2, stderr: 'psql: error: no' }).message).toBe(
    'psql failed (status 2): psql: error: no',
  );
});

test('of a long statement the first lines are shown', () => {
  const { message } = restoreFailure(
    'VIEW v',
    'no',
    Array.from({ length: 9 }, (_, n) => `line ${n}`).join('\n'),
  );
  expect(message).toBe('the restore stopped at VIEW v: no\nline 0\nline 1\nline 2\nline 3\nline 4\n…');
});
