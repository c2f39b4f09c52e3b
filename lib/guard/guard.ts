import type { DestructiveRun } from '../run/run.ts';
import { BlockedError } from './person/blocked.ts';
import type { GuardRequest } from './request.ts';

/**
 * The only way to any action that destroys data. In this order:
 *
 * FORCE on a protected environment → checks on the facts → preflight → lock → backup → screen with what will be
 * destroyed → the person types the name → countdown → all facts again → journal → the action → journal.
 *
 * @throws RefusedError or CancelledError; before the action starts, nothing has been changed
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
  // A refusal by name loads none of the modules below, and so is fast.
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
    // Do all remaining work before the countdown: after it, the action should start at once.
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
