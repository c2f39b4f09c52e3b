import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { Writable } from 'node:stream';
import { FailedError } from '../errors.ts';
import { CanonicalDump } from '../schema/canonical/canonical.ts';
import type { Stack } from '../stack/stack.ts';

/**
 * SHA-256 of a database's schema, without owners and privileges. Two databases of one schema have the same, if the same
 * major version of pg_dump reads them.
 *
 * @throws FailedError if pg_dump fails
 */
export async function schemaFingerprint(stack: Stack, database: string): Promise<string> {
  const hash = createHash('sha256');
  const text = new CanonicalDump();
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done();
    },
  });
  const [{ status, stderr }] = await Promise.all([
    stack.dump(['--schema-only', '--no-owner', '--no-acl'], text, { database }),
    pipeline(text, sink),
  ]);
  if (status !== 0 || !text.complete)
    throw new FailedError(`pg_dump of ${database} failed (status ${status}): ${stderr.trim()}`);
  return hash.digest('hex');
}
