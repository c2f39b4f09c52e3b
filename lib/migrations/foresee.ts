import { readRevisions } from '../database/revisions.ts';
import { RefusedError } from '../errors.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { StackRun } from '../run/run.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import { HAZARDS, type Allowable, type HazardKind } from './allow.ts';
import type { Hazard } from './hazards.ts';
import { fittingReceipt, readReceipts, type Fitting } from './receipt.ts';

/** A run of `al-up-env` on a protected environment, before it changes anything. */
type ForeseeingRun = StackRun<Giving<{ REV: string; ALLOW: readonly Allowable[] }>> & {
  readonly pending?: readonly Pending[] | undefined;
};

/** Seconds that the backup of a rehearsal may be old: its rows tell what will happen, as long as they are alike. */
const MAX_AGE = 7 * 24 * 3600;

/**
 * What the pending revisions will do, as their rehearsal has seen it: a line for each hazard.
 *
 * @throws RefusedError if there are hazards that nobody has allowed by name, or if there must be a rehearsal and none fits
 */
export async function foresee(run: ForeseeingRun): Promise<readonly string[]> {
  const { environment, pending = [], root, stack, terminal, command, values } = run;
  if (pending.length === 0) return [];
  const about = await stack.withClient(stack.database.name, async (client) => ({
    from: await readRevisions(client),
    serverVersion: (await client.query<{ version: string }>(VERSION)).rows[0]!.version,
  }));
  const fitting = fittingReceipt(readReceipts(root, environment.name), {
    ...{ environment: environment.name, way: 'up', ...about, schema: undefined },
    revisions: pending.map(({ id, sha256 }) => ({ revision: id, sha256 })),
    ...{ maxAge: MAX_AGE, now: Date.now() },
  });
  const { ALLOW, REV } = values;
  const again = (allow: readonly Allowable[]): string =>
    command('al-up-env', {
      ENV: environment.name,
      ...(REV === 'head' ? {} : { REV }),
      ...(allow.length === 0 ? {} : { ALLOW: allow.join(',') }),
    });
  const verdict = decide(fitting, ALLOW, environment.entry.rehearse === 'required');
  const rehearse = command('al-rehearse-env', {
    ENV: environment.name,
    ...(REV === 'head' ? {} : { TO: REV }),
  });
  if ('refused' in verdict) {
    const { refused, allow } = verdict;
    const lines = fitting.receipt ? fitting.receipt.hazards.map(describeHazard) : [];
    throw new RefusedError(['refused; nothing was touched', ...lines, refused].join('\n'), {
      hint: fitting.receipt
        ? `if that is meant: ${again(allow)}`
        : `${rehearse}\nor, not knowing what it will do: ${again(allow)}`,
    });
  }
  if (verdict.warning !== undefined) terminal.warn(`${verdict.warning}; to know it before: ${rehearse}`);
  return fitting.receipt?.hazards.map(describeHazard) ?? [];
}

const VERSION = `SELECT pg_catalog.current_setting('server_version') AS version`;

/** Whether a migration may run; `allow`: the words that would let it. Pure. */
export function decide(
  fitting: Fitting,
  allowed: readonly Allowable[],
  isRequired: boolean,
): { readonly refused: string; readonly allow: readonly Allowable[] } | { readonly warning?: string } {
  const there: readonly HazardKind[] = fitting.receipt
    ? HAZARDS.filter((kind) => fitting.receipt.hazards.some((hazard) => hazard.kind === kind))
    : [];
  if (!fitting.receipt) {
    const warning = `what it will do to this database is not known: ${fitting.why}`;
    if (allowed.includes('unrehearsed') || !isRequired) return { warning };
    return { refused: warning, allow: ['unrehearsed'] };
  }
  const missing = there.filter((kind) => !allowed.includes(kind));
  if (missing.length > 0) return { refused: `not allowed: ${missing.join(', ')}`, allow: there };
  // A script that allows everything for ever would allow what nobody has thought of.
  const beside = allowed.filter((word) => !there.some((kind) => kind === word));
  if (beside.length > 0)
    return { refused: `ALLOW names what is not there: ${beside.join(', ')}`, allow: there };
  return {};
}

/** `deletes-data   0012, statement 3: drops column note of mart.items, which held data in 120 rows` */
function describeHazard({ kind, revision, statement, reason }: Hazard): string {
  const place = `${revision ?? '-'}${statement === null ? '' : `, statement ${statement}`}`;
  return `${kind.padEnd(16)} ${place}: ${reason}`;
}
