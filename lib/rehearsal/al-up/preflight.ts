import { FailedError, RefusedError } from '../../errors.ts';
import type { Giving } from '../../parameters/parameter.ts';
import type { Foreseen, StackRun } from '../../run/run.ts';
import type { Pending } from '../../stack/alembic/pending.ts';
import type { Allowable } from '../../migrations/allow.ts';
import { heldTo } from '../../migrations/held-to.ts';
import type { Receipt } from '../../migrations/receipt.ts';
import { compareSchema } from '../find-receipt.ts';
import { describeKnown, kindsOf, know, type Known } from '../know.ts';

/** A run of `al-up-env` on a protected environment, before it changes anything. */
type ForeseeingRun = StackRun<Giving<{ REV: string; ALLOW: readonly Allowable[] }>> & {
  readonly pending?: readonly Pending[] | undefined;
};

/**
 * What the pending revisions will do, as their rehearsal has seen it, and what the run is held to. If nobody has rehearsed
 * them, they are tried on a copy of the schema.
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
  const known = await know(run, pending, 'up', REV);
  const lines = describeKnown(known);
  const to = (name: string): Record<string, string> => (REV === 'head' ? {} : { [name]: REV });
  const rehearse = command('al-rehearse-env', { ENV: environment.name, ...to('TO') });
  const { rehearse: rule } = environment.entry;
  const isRequired = rule === 'required' || (typeof rule === 'object' && rule.required === true);
  const verdict = decide(known, ALLOW, isRequired);
  if ('refused' in verdict) {
    const { refused, allow } = verdict;
    const again = command('al-up-env', {
      ...{ ENV: environment.name, ...to('REV') },
      ...(allow.length === 0 ? {} : { ALLOW: allow.join(',') }),
    });
    throw new RefusedError(['refused; nothing was touched', ...lines, refused].join('\n'), {
      hint:
        known.by === 'rehearsal'
          ? `if that is meant: ${again}`
          : `${rehearse}\nor, not knowing ${known.by === 'schema' ? 'the rest' : 'what it will do'}: ${again}`,
    });
  }
  if (verdict.warning !== undefined) terminal.warn(`${verdict.warning}; to know it before: ${rehearse}`);
  if (verdict.unused?.length)
    terminal.warn(`ALLOW names what nobody has seen there: ${verdict.unused.join(', ')}`);
  // Without rows a loop over them has run no statement.
  if (known.by !== 'rehearsal' || !known.receipt.data) return { lines };
  const { receipt } = known;
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

export type Verdict =
  /** `allow`: the words that would let it run. */
  | { readonly refused: string; readonly allow: readonly Allowable[] }
  /** `unused`: words of ALLOW for which nothing was seen, by a look that cannot see all. */
  | { readonly warning?: string; readonly unused?: readonly Allowable[] };

/** Whether a migration may run. Pure. */
export function decide(known: Known, allowed: readonly Allowable[], isRequired: boolean): Verdict {
  const there = kindsOf(known);
  const mayBeNew = allowed.includes('unrehearsed');
  const unknown = sayUnknown(known);
  if (unknown !== undefined && isRequired && !mayBeNew)
    return { refused: unknown, allow: [...there, 'unrehearsed'] };
  const allow: readonly Allowable[] = [...there, ...(mayBeNew ? (['unrehearsed'] as const) : [])];
  const missing = there.filter((kind) => !allowed.includes(kind));
  if (missing.length > 0) return { refused: `not allowed: ${missing.join(', ')}`, allow };
  const unused = allowed.filter((word) => !allow.includes(word));
  if (unknown !== undefined) return { warning: unknown, ...(unused.length === 0 ? {} : { unused }) };
  // A script that allows everything for ever would allow what nobody has thought of.
  if (unused.length > 0) return { refused: `ALLOW names what is not there: ${unused.join(', ')}`, allow };
  return {};
}

/** What is not known without a rehearsal. */
function sayUnknown(known: Known): string | undefined {
  if (known.by === 'rehearsal') return undefined;
  const what =
    known.by === 'schema'
      ? 'what it does to rows, and how long it takes,'
      : 'what it will do to this database';
  return `${what} is not known: ${known.why}`;
}
