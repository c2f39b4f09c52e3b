import { RefusedError } from '../errors.ts';
import type { GuardFacts } from './facts/facts.ts';
import {
  chosenByShell,
  engineOfShell,
  isStandby,
  madeForOther,
  cannotBeRemoved,
  markedForOther,
  mustRun,
  neededLiesInIt,
  neighbourOfOther,
  commitUnread,
  neverDestroyed,
  otherHost,
  runByAssistant,
  sharedWithProtected,
  usedByOthers,
  wallStands,
} from './checks.ts';
import type { Asked, Request, GuardCheck } from './check.ts';

/** These come before FORCE: their refusal must not show a line to type. */
export const BY_NAME: readonly GuardCheck<Asked>[] = [
  { name: 'commands may destroy it', refuses: neverDestroyed },
  { name: 'what the commit protects is known', refuses: commitUnread },
  { name: 'no assistant acts on a protected environment', refuses: runByAssistant },
];

/**
 * All checks of the guard. Before them, guard.ts asks for FORCE=1 on a protected environment. After them come the
 * backup, the confirmation and the countdown. FORCE overrides none of these checks. docs/GUARD.md says what each
 * protects from.
 */
export const BEFORE_CONTACT: readonly GuardCheck<Request>[] = [
  { name: 'nothing exported chooses another server', refuses: chosenByShell },
  { name: 'nothing exported chooses another engine', refuses: engineOfShell },
];

/** These run at both readings of the facts. */
export const ON_FACTS: readonly GuardCheck<GuardFacts>[] = [
  { name: 'the engine is on the pinned host', refuses: otherHost },
  { name: 'no wall stands where nothing is protected', refuses: wallStands },
  { name: 'nothing is shared with a protected environment', refuses: sharedWithProtected },
  { name: 'no other project uses the storage', refuses: usedByOthers },
  { name: 'all that is removed is ours, and can be removed whole', refuses: cannotBeRemoved },
  { name: 'nothing that is needed lies in it', refuses: neededLiesInIt },
  { name: 'the database is not marked for another environment', refuses: markedForOther },
  { name: 'no neighbour is marked for another environment', refuses: neighbourOfOther },
  { name: 'unmarked storage is not known as that of another environment', refuses: madeForOther },
];

/** These run after an interrupted run was undone: such a run leaves the database closed to connections. */
export const ON_CONTENTS: readonly GuardCheck<GuardFacts>[] = [
  { name: 'a protected database can be read', refuses: mustRun },
  { name: 'the server is the primary', refuses: isStandby },
];

/**
 * Runs every check.
 *
 * @returns the names of the checks
 * @throws RefusedError with the reasons and remedies of all failed checks
 */
export function enforce<T>(checks: readonly GuardCheck<T>[], about: T): string[] {
  const refusals = checks.flatMap(({ refuses }) => refuses(about) ?? []);
  if (refusals.length > 0) {
    throw new RefusedError(
      `refused; nothing was touched\n${refusals.map(({ reason }) => reason).join('\n')}`,
      {
        hint: refusals.map(({ remedy }) => remedy).join('\n'),
      },
    );
  }
  return checks.map(({ name }) => name);
}
