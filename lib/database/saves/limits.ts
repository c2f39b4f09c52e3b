import { messageOf } from '../../errors.ts';
import type { EnvironmentEntry } from '../../environment/entry.ts';
import type { StackRun } from '../../run/run.ts';
import type { Hand } from '../asserted.ts';
import { drop } from '../replace/leftovers.ts';
import { findSaved, labelOf, type Saved } from './saved.ts';

export interface Limits {
  /** Bytes that all saved copies of an environment may take together. */
  readonly bytes: number;
  /** Milliseconds after which a saved copy is removed. */
  readonly age: number;
}

const GIGABYTES = 20;

/** The limits of the registry's `saves`: 20 GB, and no age, by default. */
export const limitsOf = ({
  saves: { gigabytes = GIGABYTES, days = Infinity } = {},
}: EnvironmentEntry): Limits => ({
  bytes: gigabytes * 1e9,
  age: days * 86_400_000,
});

/** The saved copies that are older than the limit. */
const tooOld = <S extends Pick<Saved, 'mark'>>(all: readonly S[], { age }: Limits, now: number): S[] =>
  all.filter(({ mark }) => now - Date.parse(mark.since) > age);

/**
 * Removes saved copies that are older than the registry's limit, and says so. Only warns if it cannot: what the run was
 * for is done by then.
 */
export async function removeOldSaves({ stack, environment, terminal }: StackRun, hand: Hand): Promise<void> {
  try {
    const all = await findSaved(hand.client, stack.database.name);
    for (const one of tooOld(all, limitsOf(environment.entry), Date.now())) {
      if (one.spare) await drop(one.spare, hand);
      await drop(one, hand);
      terminal.info(`${labelOf(one)} was older than the registry allows, and is removed`);
    }
  } catch (error) {
    terminal.warn(`a copy that is older than the registry allows is still there: ${messageOf(error)}`);
  }
}
