import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { FailedError } from '../errors.ts';
import { CanonicalDump } from '../schema/canonical/canonical.ts';
import type { PgDump, Stack } from '../stack/stack.ts';
import { LOCK_WAIT } from './lock-wait.ts';

/** A schema, in short. */
export interface Fingerprint {
  readonly sha256: string;
  /** The version of the pg_dump that read it: another one may write the same schema in other words. */
  readonly version: string;
}

/**
 * SHA-256 of a database's schema, without owners and privileges. Two databases of one schema have the same, if the same
 * version of pg_dump reads them from servers of the same major version.
 *
 * @throws FailedError if pg_dump fails
 */
export async function schemaFingerprint(
  stack: Stack,
  database: string,
  pgDump: PgDump = stack.pgDump,
): Promise<Fingerprint> {
  const hash = createHash('sha256');
  const text = new CanonicalDump();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  const [{ status, stderr }] = await Promise.all([
    stack.dump(['--schema-only', '--no-owner', '--no-acl', LOCK_WAIT], text, { database, pgDump }),
    pipeline(text, sink),
  ]);
  if (status !== 0 || !text.complete)
    throw new FailedError(`pg_dump of ${database} failed (status ${status}): ${stderr.trim()}`);
  return { sha256: hash.digest('hex'), version: text.version ?? 'unknown' };
}
