import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import type { Client } from 'pg';
import { nowhere } from '../../../dump/dump-file.ts';
import { CanonicalDump } from '../../../schema/canonical/canonical.ts';
import { quoteName, quoteText } from '../../../sql/quote.ts';
import { dumpFailed } from '../../../stack/pg-dump/dump-failed.ts';
import type { Stack } from '../../../stack/stack.ts';

/**
 * SHA-256 of all that is in a database: definitions with owners and privileges, and rows. Two databases of servers of one
 * version that are made of the same things have the same, though one of them was loaded from a dump of the other.
 *
 * @throws FailedError if pg_dump fails
 */
export async function contentFingerprint(stack: Stack, database: string): Promise<string> {
  const hash = createHash('sha256');
  const text = new CanonicalDump();
  const [{ status, stderr }, rows] = await Promise.all([
    stack.dump(['--schema-only'], text, { database }),
    stack.withClient(database, readRows),
    pipeline(
      text,
      nowhere((bytes) => hash.update(bytes)),
    ),
  ]);
  if (status !== 0 || !text.complete) throw dumpFailed({ status, stderr });
  return hash.update(rows.join('\n')).digest('hex');
}

/** What holds rows or a value. A materialized view, too: a refresh may find others than when a revision ran it. */
const STORED = `
  SELECT nspname AS schema, relname AS name, relkind AS kind FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE (relkind IN ('r', 'S') OR relkind = 'm' AND relispopulated) AND nspname !~ '^pg_|^information_schema$'
  ORDER BY 1, 2`;

const LARGE_OBJECTS = `
  SELECT concat_ws(' ', 'large object', oid, md5(lo_get(oid)), pg_get_userbyid(lomowner), lomacl::text) AS line
  FROM pg_largeobject_metadata ORDER BY oid`;

async function readRows(client: Client): Promise<string[]> {
  const { rows: stored } = await client.query<{ schema: string; name: string; kind: string }>(STORED);
  const questions = stored.map(({ schema, name, kind }) => {
    const full = `${quoteName(schema)}.${quoteName(name)}`;
    // How far the WAL is ahead of a sequence is no value of it.
    const what =
      kind === 'S'
        ? `last_value || ' ' || is_called FROM ${full}`
        : `count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM ONLY ${full} AS t`;
    return `SELECT ${quoteText(`${schema}.${name} `)} || ${what}`;
  });
  const lines: string[] = [];
  for (let at = 0; at < questions.length; at += AT_ONCE) {
    const text = `${questions.slice(at, at + AT_ONCE).join(' UNION ALL ')} ORDER BY 1`;
    const { rows } = await client.query<{ '?column?': string }>(text);
    lines.push(...rows.map((row) => row['?column?']));
  }
  const { rows } = await client.query<{ line: string }>(LARGE_OBJECTS);
  return [...lines, ...rows.map(({ line }) => line)];
}

/** Tables of one query: each costs a round. */
const AT_ONCE = 100;
