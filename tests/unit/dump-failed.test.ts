import { expect, test } from 'vitest';
import { dumpFailed } from '../../lib/stack/pg-dump/dump-failed.ts';

test.each([
  ['server closed the connection unexpectedly', 69],
  ['FATAL:  terminating connection due to administrator command', 69],
  ['could not receive data from server: Connection reset by peer', 69],
  ['SSL SYSCALL error: EOF detected', 69],
  ['FATAL:  the database system is shutting down', 69],
  ['ERROR:  canceling statement due to conflict with recovery', 1],
  ['FATAL:  terminating connection due to conflict with recovery', 1],
  ['permission denied for table t', 1],
])('%s: %o', (stderr, status) => {
  expect(
    dumpFailed({ status: 1, stderr: `pg_dump: error: ${stderr}\n` }, 'no backup was made'),
  ).toMatchObject({
    status,
    message: `pg_dump failed (status 1): pg_dump: error: ${stderr}\nno backup was made`,
  });
});
