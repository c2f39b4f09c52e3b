import { stateOf, type Mark } from '../replace/names.ts';
import type { Limits } from './limits.ts';
import type { Saved } from './saved.ts';

/** Days after which a rebuild makes it from nothing again, if the registry does not say less. */
export const MADE_DAYS = 7;
const AGE = MADE_DAYS * 86_400_000;
/** Of so many keys what was made is kept, and as many with a seed: of the branches that a person goes to and fro between. */
const KEYS = 4;

interface Room extends Limits {
  /** Bytes of what persons have saved, which counts first. */
  readonly saved: number;
  /** What is in use, which stays longest. */
  readonly current: Pick<Mark, 'label' | 'seed'> | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** What is too old, of too many keys, or too large together. Pure. @param all the latest first */
export function surplus<S extends Pick<Saved, 'mark' | 'size'>>(
  all: readonly S[],
  { bytes, age, saved, current, now }: Room,
): S[] {
  const rank = ({ mark }: S): number => {
    if (!current || mark.label !== current.label) return 2;
    return stateOf(mark) === stateOf(current) ? 0 : 1;
  };
  const inOrder = [...all].sort((a, b) => rank(a) - rank(b));
  const statesOf = (some: readonly S[]): string[] =>
    [...new Set(some.map(({ mark }) => stateOf(mark)))].slice(0, KEYS);
  const isSeeded = ({ mark }: S): boolean => mark.seed !== undefined;
  const states = [
    ...statesOf(inOrder.filter(isSeeded)),
    ...statesOf(inOrder.filter((one) => !isSeeded(one))),
  ];
  let together = saved;
  return inOrder.filter(({ mark, size }) => {
    const old = now - Date.parse(mark.since) > Math.min(age, AGE);
    if (old || !states.includes(stateOf(mark)) || together + size > bytes) return true;
    together += size;
    return false;
  });
}
