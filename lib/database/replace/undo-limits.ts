import type { EnvironmentEntry } from '../../environment/entry.ts';
import { byteSize } from '../../output/display.ts';
import { localTime, type Marked } from './leftovers.ts';

type Entry = Pick<EnvironmentEntry, 'protected' | 'undo'>;

interface UndoLimits {
  /** Bytes that all old databases of an environment may take together. */
  readonly bytes: number;
  /** Milliseconds after which an old database is removed. */
  readonly age: number;
}

const [HOURS, GIGABYTES] = [24, 20];

/** The limits of the registry's `undo`; undefined if no old database is kept. */
export function undoLimits({ protected: isProtected, undo }: Entry): UndoLimits | undefined {
  // Of a protected environment, a person removes them, unless the registry says otherwise.
  if (isProtected && (undo === undefined || undo === false)) return { bytes: Infinity, age: Infinity };
  if (undo === false) return undefined;
  const { hours = HOURS, gigabytes = GIGABYTES } = undo ?? {};
  return { bytes: gigabytes * 1e9, age: hours * 3_600_000 };
}

/** Why no old database is kept; undefined if it is. @param size its bytes */
export function whyNotKept(entry: Entry, size: number): string | undefined {
  const limits = undoLimits(entry);
  if (limits === undefined) return '`undo` is false in the registry';
  if (entry.protected || size <= limits.bytes) return undefined;
  return `${byteSize(size)} are more than the ${byteSize(limits.bytes)} of \`undo\` in the registry`;
}

/** Whether an old database is older than the registry allows. */
export const isOutdated = ({ mark }: Pick<Marked, 'mark'>, entry: Entry, now: number): boolean =>
  now - Date.parse(mark.since) > (undoLimits(entry)?.age ?? Infinity);

/**
 * The old databases that are older than the registry allows, or do not fit into what it allows. Pure. The latest stays,
 * whatever its size.
 *
 * @param kept the latest first
 */
export function toRemove<K extends Pick<Marked, 'mark'> & { readonly size: number }>(
  kept: readonly K[],
  entry: Entry,
  now: number,
): K[] {
  const { bytes = Infinity } = undoLimits(entry) ?? {};
  let total = 0;
  return kept.filter((one, index) => {
    if (isOutdated(one, entry, now)) return true;
    const fits = index === 0 || total + one.size <= bytes;
    if (fits) total += one.size;
    return !fits;
  });
}

/** ` until 14:03`, of an old database that will be removed by itself; the time is that of this machine. */
export function untilWhen({ since }: { readonly since: Date }, entry: Entry): string {
  const { age = Infinity } = undoLimits(entry) ?? {};
  return age === Infinity ? '' : ` until ${localTime(new Date(since.getTime() + age).toISOString())}`;
}
