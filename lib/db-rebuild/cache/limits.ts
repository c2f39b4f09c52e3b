import type { Limits } from '../../database/saves/limits.ts';
import type { Saved } from '../../database/saves/saved.ts';

/** Milliseconds after which a rebuild makes it from nothing again, if the registry does not say less. */
const AGE = 7 * 86_400_000;
/** Of so many keys what was made is kept: of the branches that a person goes to and fro between. */
const KEYS = 4;

interface Room extends Limits {
  /** Bytes of what persons have saved, which counts first. */
  readonly saved: number;
  /** The key that is in use, which stays longest. */
  readonly current: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is too old, of too many keys, or too large together. Pure. @param all the latest first */
export function surplus<S extends Pick<Saved, 'mark' | 'size'>>(
  all: readonly S[],
  { bytes, age, saved, current, now }: Room,
): S[] {
  const isCurrent = ({ mark }: S): boolean => mark.label === current;
  const inOrder = [...all.filter(isCurrent), ...all.filter((one) => !isCurrent(one))];
  const keys = [...new Set(inOrder.map(({ mark }) => mark.label))].slice(0, KEYS);
  let together = saved;
  return inOrder.filter(({ mark, size }) => {
    const old = now - Date.parse(mark.since) > Math.min(age, AGE);
    if (old || !keys.includes(mark.label) || together + size > bytes) return true;
    together += size;
    return false;
  });
}
