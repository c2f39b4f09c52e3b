import { FailedError, RefusedError } from '../../errors.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { Foreseen, StackRun } from '../../run/run.ts';
import type { Pending } from '../../stack/alembic/pending.ts';
import { HAZARDS, type Allowable, type HazardKind } from '../../migrations/allow.ts';
import type { Hazard } from '../../migrations/hazards.ts';
import { heldTo } from '../../migrations/held-to.ts';
import type { Fitting, Receipt } from '../../migrations/receipt.ts';
import { compareSchema, findReceipt } from '../find-receipt.ts';

/** A run of `al-up-env` on a protected environment, before it changes anything. */
type ForeseeingRun = StackRun<Giving<{ REV: string; ALLOW: readonly Allowable[] }>> & {
  readonly pending?: readonly Pending[] | undefined;
};

/**
 * What the pending revisions will do, as their rehearsal has seen it, and what the run is held to.
 *
 * @throws RefusedError if there are hazards that nobody has allowed by name, or if there must be a rehearsal and none fits
 */
export async function foresee(run: ForeseeingRun): Promise<Foreseen> {
  const { environment, pending = [], terminal, command, values } = run;
  const { ALLOW, REV } = values;
  if (pending.length === 0) {
    if (ALLOW.length > 0)
      terminal.warn(`ALLOW=${ALLOW.join(',')} allows nothing: there is nothing to migrate`);
    return { lines: [] };
  }
  const fitting = await findReceipt(run, pending, 'up');
  const again = (allow: readonly Allowable[]): string =>
    command('al-up-env', {
      ENV: environment.name,
      ...(REV === 'head' ? {} : { REV }),
      ...(allow.length === 0 ? {} : { ALLOW: allow.join(',') }),
    });
  const { rehearse: rule } = environment.entry;
  const isRequired = rule === 'required' || (typeof rule === 'object' && rule.required === true);
  const verdict = decide(fitting, ALLOW, isRequired);
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
  if (!fitting.receipt) return { lines: [] };
  const { receipt } = fitting;
  const lines =
    receipt.hazards.length > 0
      ? receipt.hazards.map(describeHazard)
      : [`none, by the rehearsal of ${receipt.time}`];
  // Without rows a loop over them has run no statement.
  if (!receipt.data) return { lines };
  return {
    lines,
    rehearsal: heldTo(receipt, !ALLOW.includes('unrehearsed')),
    verify: (migrated) => verify(migrated, receipt),
  };
}

/** Looks whether the migration has made the schema that the rehearsal made. @throws FailedError if it has not */
async function verify({ stack, environment, command }: StackRun, receipt: Receipt): Promise<void> {
  // What could not be compared before has been said then.
  if ((await compareSchema(stack, receipt, 'after')) !== 'other') return;
  throw new FailedError(
    `${environment.name} is migrated, but its schema is not the one that the rehearsal made: something else has changed it meanwhile`,
    {
      hint: `what differs from the revisions: ${command('db-diff-schema-env', { ENV: environment.name, BASE: 'migrations' })}`,
    },
  );
}

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
  const also = allowed.filter((word) => word === 'unrehearsed');
  if (missing.length > 0)
    return { refused: `not allowed: ${missing.join(', ')}`, allow: [...there, ...also] };
  // A script that allows everything for ever would allow what nobody has thought of.
  const beside = allowed.filter((word) => word !== 'unrehearsed' && !there.includes(word));
  if (beside.length > 0)
    return { refused: `ALLOW names what is not there: ${beside.join(', ')}`, allow: [...there, ...also] };
  return {};
}

/** `deletes-data   0012, statement 3: drops column note of mart.items, which held data in 120 rows` */
function describeHazard({ kind, revision, statement, reason }: Hazard): string {
  const place = `${revision ?? '-'}${statement === null ? '' : `, statement ${statement}`}`;
  return `${kind.padEnd(16)} ${place}: ${reason}`;
}
