import type { Client } from 'pg';
import { readRevisions } from '../database/revisions.ts';
import { messageOf } from '../errors.ts';
import { hazardsOf } from '../migrations/hazards.ts';
import { onScratch } from '../migrations/on-scratch.ts';
import type { Receipt } from '../migrations/receipt.ts';
import type { StackRun } from '../run/run.ts';
import { quoteName } from '../sql/quote.ts';
import { withCopyOfSchema } from './copy.ts';
import { migrateOnCopy } from './on-copy.ts';

/**
 * Migrates a copy of the environment's schema, without rows, on a server of its own: what it does to the schema is known
 * then, with the rows that the environment has where something goes. How long it takes, and what depends on rows, is not.
 *
 * @param to a revision, as it is given to al-rehearse-env
 * @returns why not, in one line, if this machine cannot do it
 */
export async function tryOnSchema(run: StackRun, to: string): Promise<Receipt | string> {
  const { stack, signal, values, terminal } = run;
  terminal.progress('trying the migration on a copy of the schema');
  try {
    const now = await stack.withClient(stack.database.name, readRevisions);
    const seen = await onScratch(run, async (scratch) => {
      // ALLOW of a migration means other things than that of a restore.
      const own = { ...values, ...scratch.values, ALLOW: [] };
      const target = {
        ...{ ...scratch, values: own },
        environment: { ...scratch.environment, name: run.environment.name },
      };
      let found: Receipt | string = 'nobody has tried it';
      await withCopyOfSchema(run, target, async (copy) => {
        const how = { on: 'a server of its own', to, ini: scratch.values.ALEMBIC_INI, quiet: true };
        const { receipt, failure } = await migrateOnCopy({ run, target, copy, now, ...how });
        found = failure ? `it failed on a copy of the schema: ${lineOf(failure)}` : receipt;
      });
      return found;
    });
    return typeof seen === 'string' ? seen : await withRows(run, seen);
  } catch (error) {
    signal.throwIfAborted();
    return lineOf(error);
  } finally {
    terminal.clear();
  }
}

const lineOf = (error: unknown): string => messageOf(error).split('\n')[0]!;

/** The hazards, with the rows that the environment's tables have. What depends on rows or time is no hazard here. */
async function withRows({ stack }: StackRun, receipt: Receipt): Promise<Receipt> {
  const statements = await stack.withClient(stack.database.name, async (client) => {
    const counted = [];
    for (const one of receipt.statements)
      counted.push({
        ...one,
        dropped: await filled(client, one.dropped),
        retyped: await filled(client, one.retyped),
        rewritten: await filled(client, one.rewritten),
      });
    return counted;
  });
  return { ...receipt, statements, hazards: hazardsOf({ ...receipt, statements }, receipt.limits) };
}

interface Place {
  readonly relation: string;
  readonly column?: string | null;
  readonly rows: number | null;
}

async function filled<T extends Place>(client: Client, places: readonly T[]): Promise<T[]> {
  const found: T[] = [];
  for (const place of places) found.push({ ...place, rows: await rowsIn(client, place) });
  return found;
}

/** Milliseconds for counting the rows of one place: the table may be large. */
const PATIENCE = 3_000;

/** The rows of a table, or those that have a value in a column; null if they cannot be counted quickly. */
async function rowsIn(
  client: Client,
  { relation, column = null }: Pick<Place, 'relation' | 'column'>,
): Promise<number | null> {
  const what = column === null ? '*' : quoteName(column);
  try {
    await client.query('BEGIN READ ONLY');
    await client.query(`SET LOCAL statement_timeout = ${PATIENCE}; SET LOCAL lock_timeout = ${PATIENCE}`);
    const { rows } = await client.query<{ rows: string }>(
      `SELECT pg_catalog.count(${what}) AS rows FROM ${relation}`,
    );
    return Number(rows[0]!.rows);
  } catch {
    return null;
  } finally {
    await client.query('ROLLBACK');
  }
}
