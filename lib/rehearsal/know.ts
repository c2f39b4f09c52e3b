import type { HazardKind } from '../migrations/allow.ts';
import { HAZARDS } from '../migrations/allow.ts';
import type { Hazard } from '../migrations/hazards.ts';
import type { Receipt } from '../migrations/receipt.ts';
import type { StackRun } from '../run/run.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import { findReceipt } from './find-receipt.ts';
import { tryOnSchema } from './on-schema.ts';

/** What is known of a migration before it runs, and from what. `why`: why no rehearsal tells it. */
export type Known =
  | { readonly by: 'rehearsal'; readonly receipt: Receipt }
  | { readonly by: 'schema'; readonly receipt: Receipt; readonly why: string }
  | { readonly by: 'nothing'; readonly why: string };

/**
 * Finds out what a migration will do: from the receipt of its rehearsal, or else on a copy of the schema alone.
 *
 * @param pending the revisions that it runs, in their order
 * @param to where it goes, as al-rehearse-env takes it
 */
export async function know(
  run: StackRun,
  pending: readonly Pick<Pending, 'id' | 'sha256'>[],
  way: Receipt['way'],
  to: string,
): Promise<Known> {
  const { receipt, ...fitting } = await findReceipt(run, pending, way);
  if (receipt) return { by: 'rehearsal', receipt };
  const { why } = fitting as { readonly why: string };
  if (run.actor.dryRun) return { by: 'nothing', why: `${why}, and a dry run tries nothing` };
  const tried = await tryOnSchema(run, to);
  if (typeof tried !== 'string') return { by: 'schema', receipt: tried, why };
  return { by: 'nothing', why: `${why}, and this machine cannot try it on a copy of the schema (${tried})` };
}

/** The kinds of hazards that there are, the worst first. */
export function kindsOf(known: Known): HazardKind[] {
  if (known.by === 'nothing') return [];
  const { hazards } = known.receipt;
  return HAZARDS.filter((kind) => hazards.some((hazard) => hazard.kind === kind));
}

/** For the screen: a line for each hazard; without rows also what is locked, and what is not known. */
export function describeKnown(known: Known): string[] {
  if (known.by === 'nothing') return [];
  const { receipt } = known;
  const hazards = receipt.hazards.map(describeHazard);
  if (known.by === 'rehearsal')
    return hazards.length > 0 ? hazards : [`none, by the rehearsal of ${receipt.time}`];
  return [
    ...hazards,
    ...locksOf(receipt),
    labelled('not known', 'rows that change, and times: it was tried without rows'),
  ];
}

/** `deletes-data   0012, statement 3: drops column note of mart.items, which held data in 120 rows` */
function describeHazard({ kind, revision, statement, reason }: Hazard): string {
  const place = `${revision ?? '-'}${statement === null ? '' : `, statement ${statement}`}`;
  return labelled(kind, `${place}: ${reason}`);
}

const labelled = (label: string, text: string): string => `${label.padEnd(16)} ${text}`;

/** Who waits for a lock of a table that was there before. */
const WAITS: Readonly<Record<string, string>> = {
  ShareLock: 'writers wait',
  ShareRowExclusiveLock: 'writers wait',
  ExclusiveLock: 'writers wait',
  AccessExclusiveLock: 'readers wait',
};
/** Tables to name of a revision. */
const MOST = 3;

function locksOf({ statements, revisions }: Receipt): string[] {
  return revisions.flatMap(({ revision }) => {
    const locked = new Map<string, string>();
    for (const one of statements) {
      if (one.revision !== revision) continue;
      for (const { relation, relationKind, mode, existed } of one.locks) {
        const waits = WAITS[mode];
        if (!existed || waits === undefined || /^[iIS]$/.test(relationKind)) continue;
        if (waits === 'readers wait' || !locked.has(relation)) locked.set(relation, waits);
      }
    }
    if (locked.size === 0) return [];
    const named = [...locked].slice(0, MOST).map(([relation, waits]) => `${relation} (${waits})`);
    const more = locked.size > MOST ? `, and ${locked.size - MOST} more` : '';
    return [labelled('locks', `${revision ?? '-'}: ${named.join(', ')}${more}`)];
  });
}
