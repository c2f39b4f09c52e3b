import type { DestructiveRun } from '../run/run.ts';
import { BlockedError } from './person/blocked.ts';
import type { GuardRequest } from './request.ts';

/**
 * The one gate in front of everything that destroys data:
 *
 * name → policy on the facts → preflight → lock → backup first → what will be destroyed, on one screen → the name typed
 * → countdown → the facts once more → journal → the action → journal.
 *
 * @throws RefusedError · CancelledError; nothing was touched then, unless the action had begun
 */
export async function passGuard(
  request: GuardRequest,
  action: (run: DestructiveRun) => Promise<void>,
): Promise<void> {
  const { entry, environment } = request;
  const { values } = request.run;
  if (entry.protected && values.FORCE !== true) {
    throw new BlockedError(environment.name, request.action, request.exportedForce);
  }
  // Nothing of what follows is loaded for a refusal by name.
  const { BEFORE_CONTACT, ON_CONTENTS, ON_FACTS, enforce } = await import('./policy.ts');
  const checks = enforce(BEFORE_CONTACT, { name: environment.name, entry, exports: request.exports });
  const [{ checkJournal }, { journalFile, repositoryRevision }] = await Promise.all([
    import('./record/journal-file.ts'),
    import('./record/entries.ts'),
  ]);
  checkJournal(journalFile(request.run.root, environment.name));
  const { look } = await import('./look.ts');
  const [seen, { aboutLock, withGuardLock }, { letPersonDecide }] = await Promise.all([
    look(request),
    import('./lock.ts'),
    import('./decision.ts'),
  ]);
  checks.push(...enforce([...ON_FACTS, ...ON_CONTENTS], seen.facts));
  await request.preflight(seen);

  await withGuardLock(seen, seen.facts.markers !== undefined, aboutLock(seen.task.name), async () => {
    const backup = entry.protected
      ? await (await import('./backup-first.ts')).backupFirst(seen, values)
      : null;
    // Nothing that can be done before the countdown is done after it: applications wait from then on.
    const { onRecord } = await import('./on-record.ts');
    const revision = await repositoryRevision(seen.root);
    const notes: string[] = [];
    const note = (text: string): void => void notes.push(text);
    const passed = { ...(await letPersonDecide(request, seen)), note };
    if (passed.actor.dryRun) return action(passed);
    const known = { origins: request.origins, checks, backup, revision, notes };
    await onRecord(passed, known, () => action(passed));
  });
}
