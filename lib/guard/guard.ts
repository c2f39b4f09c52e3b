import { committedEntry } from '../environment/committed.ts';
import type { DestructiveRun } from '../run/run.ts';
import { BlockedError } from './person/blocked.ts';
import type { GuardRequest } from './request.ts';

/**
 * The only way to any action that destroys data, and to a migration of a protected environment. In this order:
 *
 * `never` and assistants → FORCE on a protected environment → checks on the facts → preflight → lock → backup → screen with what will be
 * destroyed → the person types the name, or signs → countdown → all facts again → journal → the action → journal.
 *
 * A migration wants no consent (FORCE, name, countdown), so that a deployment without a terminal can run it. It waits
 * for the lock, and takes a backup only if there is something to run.
 *
 * @throws RefusedError or CancelledError; before the action starts, nothing has been changed
 */
export async function passGuard(
  request: GuardRequest,
  action: (run: DestructiveRun) => Promise<void>,
): Promise<void> {
  const { entry, environment } = request;
  const { values } = request.run;
  const migrates = request.action.effect === 'migrate';
  const { dryRun } = request.run.actor;
  const { BEFORE_CONTACT, BY_NAME, ON_CONTENTS, ON_FACTS, enforce } = await import('./policy.ts');
  const { committed: commit } = request.run;
  const asked = {
    name: environment.name,
    effect: request.action.effect,
    assistant: request.assistant,
    commit,
  };
  const checks = dryRun ? [] : enforce(BY_NAME, { ...asked, entry });
  if (entry.protected && !migrates && values.FORCE !== true) {
    throw new BlockedError(environment.name, request.action, request.exportedForce);
  }
  // A refusal by name loads none of the modules below, and so is fast.
  checks.push(...enforce(BEFORE_CONTACT, { ...request, name: environment.name }));
  const committed = dryRun ? entry : committedEntry(request.run.committed, environment.name);
  const { needsApproval, signersOf } = await import('./approval/approve.ts');
  const signers = needsApproval([entry, committed], asked) ? signersOf(committed) : undefined;
  const [{ checkJournal }, { journalFile, repositoryRevision }] = await Promise.all([
    import('./record/journal-file.ts'),
    import('./record/entries.ts'),
  ]);
  checkJournal(journalFile(request.run.root, environment.name));
  const { look } = await import('./look.ts');
  const [first, { checkRunLock, withRunLock }, { letPersonDecide }] = await Promise.all([
    look(request),
    import('../database/run-lock.ts'),
    import('./decision.ts'),
  ]);
  checks.push(...enforce([...ON_FACTS, ...ON_CONTENTS], first.facts));
  if (!dryRun) request.prepareRead();
  await request.preflight(first);

  const lock = {
    otherwise: migrates ? 'wait' : 'refuse',
    readable: first.facts.markers !== undefined,
  } as const;
  await withRunLock(first, lock, async (waited) => {
    let seen = first;
    if (waited) {
      // Who was waited for may have changed everything.
      seen = await look(request, { again: true });
      enforce([...ON_FACTS, ...ON_CONTENTS], seen.facts);
    }
    const pending = await request.pending?.(seen);
    seen = { ...seen, pending };
    const foreseen = await request.foresee?.(seen);
    const wantsBackup = seen.task.definition.destructive?.backupFirst?.(values) ?? false;
    const backup =
      wantsBackup || (entry.protected && pending?.length !== 0)
        ? await (await import('./backup-first.ts')).backupFirst(seen, values)
        : null;
    // Do all remaining work before the countdown: after it, the action should start at once.
    const { onRecord } = await import('./on-record.ts');
    const revision = await repositoryRevision(seen.root);
    const notes: string[] = [];
    const note = (text: string): void => void notes.push(text);
    const decided = await letPersonDecide(request, seen, { foreseen, signers, note });
    const passed = { ...decided, pending, foreseen, note };
    if (passed.actor.dryRun) return action(passed);
    await checkRunLock(passed);
    const known = { origins: request.origins, checks, backup, revision, notes };
    await onRecord(passed, known, () => action(passed));
  });
}
