import { readRevisions } from '../database/revisions.ts';
import { messageOf } from '../errors.ts';
import { fittingReceipt, isSealed, readReceipts, type Fitting, type Receipt } from '../migrations/receipt.ts';
import { some } from '../output/check-result.ts';
import type { StackRun } from '../run/run.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import { schemaFingerprint } from './fingerprint.ts';

/** Days that the backup of a rehearsal may be old: its rows tell what will happen, as long as they are alike. */
const DAYS = 7;

/**
 * Finds the newest rehearsal of exactly this migration that can be believed: sealed, and begun with the schema that is
 * there now. Warns if the schemas could not be compared.
 *
 * @param pending the revisions that would run, in their order
 */
export async function findReceipt(
  run: StackRun,
  pending: readonly Pick<Pending, 'id' | 'sha256'>[],
  way: Receipt['way'],
): Promise<Fitting> {
  const { environment, root, stack, terminal } = run;
  const { rehearse } = environment.entry;
  const about = await stack.withClient(stack.database.name, async (client) => ({
    from: await readRevisions(client),
    serverVersion: (await client.query<{ version: string }>(VERSION)).rows[0]!.version,
  }));
  const sought = {
    ...{ environment: environment.name, way, ...about, now: Date.now() },
    revisions: pending.map(({ id, sha256 }) => ({ revision: id, sha256 })),
    maxAge: ((typeof rehearse === 'object' ? rehearse.days : undefined) ?? DAYS) * 24 * 3600,
  };
  let receipts = readReceipts(root, environment.name);
  let why: string | undefined;
  for (;;) {
    const fitting = fittingReceipt(receipts, sought);
    const { receipt } = fitting;
    if (!receipt) return why === undefined ? fitting : { receipt, why };
    const found = await believe(run, receipt);
    if (found === true) return fitting;
    if (typeof found === 'object') {
      terminal.warn(`the schema is not compared with the rehearsal's: ${found.unknown}`);
      return fitting;
    }
    why ??= found;
    receipts = receipts.slice(receipts.indexOf(receipt) + 1);
  }
}

const VERSION = `SELECT pg_catalog.current_setting('server_version') AS version`;

/** True, or why the receipt does not count, or why its schema cannot be compared. */
async function believe({ stack }: StackRun, receipt: Receipt): Promise<true | string | { unknown: string }> {
  if (!(await isSealed(stack, receipt)))
    return receipt.seal
      ? 'the receipt was changed after the rehearsal, or the password'
      : 'the receipt of the rehearsal has no seal';
  const found = await compareSchema(stack, receipt, 'before');
  if (found === 'other') return 'the schema is not the one that the rehearsal began with';
  return found === 'same' ? true : found;
}

/** Compares the schema of the environment with that of the copy, before or after its migration. */
export async function compareSchema(
  stack: StackRun['stack'],
  { schema, without }: Pick<Receipt, 'schema' | 'without'>,
  when: 'before' | 'after',
): Promise<'same' | 'other' | { readonly unknown: string }> {
  if (without.length > 0) return { unknown: `the copy was without ${some(without)}` };
  const { name } = stack.database;
  const how = schema.pgDump === 'bundled' ? schema.pgDump : stack.pgDump;
  try {
    const { sha256, version } = await schemaFingerprint(stack, name, how);
    if (version !== schema.version)
      return { unknown: `pg_dump ${schema.version} has read it there, and pg_dump ${version} here` };
    return sha256 === schema[when] ? 'same' : 'other';
  } catch (error) {
    return { unknown: messageOf(error) };
  }
}
