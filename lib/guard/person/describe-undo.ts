import { untilWhen, whyNotKept } from '../../database/replace/undo-limits.ts';
import { localTime } from '../../database/replace/leftovers.ts';
import type { Values, Parameters } from '../../parameters/parameter.ts';
import type { Destructive } from '../../run/run.ts';
import type { GuardFacts } from '../facts/facts.ts';

/** What `db-undo-env` will be able to bring back afterwards, for the screen; undefined if there is nothing to say. */
export function describeUndo(
  { entry, contents }: Pick<GuardFacts, 'entry' | 'contents'>,
  destructive: Pick<Destructive, 'removesStorage' | 'exchanges' | 'backupFirst'> | undefined,
  values: Values<Parameters>,
): string | undefined {
  if (destructive?.removesStorage?.(values)) {
    const backup = entry.protected || destructive.backupFirst?.(values);
    return `none: all old databases are removed as well${backup ? '' : '; KEEP=1 takes a verified backup first'}`;
  }
  const exchanges = destructive?.exchanges?.(values) ?? false;
  if (exchanges === false) return undefined;
  if (exchanges === 'always') return 'what is replaced is kept';
  if (!contents) return undefined;
  const why = whyNotKept(entry, contents.size);
  if (why !== undefined) return `none: ${why}`;
  const until = untilWhen({ since: new Date() }, entry);
  return `what is replaced is kept${until === '' ? ' until a person removes it' : until}`;
}

/** The old databases that are there already, a line each. */
export const describeKept = ({ kept, entry }: Pick<GuardFacts, 'kept' | 'entry'>): string[] =>
  kept.map(
    ({ name, mark: { what, since } }) =>
      `${name}, from before a ${what} of ${localTime(since)}, kept${untilWhen({ since: new Date(since) }, entry)}`,
  );
