import { hostname } from 'node:os';
import type { CanonicalName } from '../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../environment/registry.ts';
import { RefusedError } from '../errors.ts';
import type { Origin } from '../params.ts';
import type { DestructiveRun, Run, StackRun } from '../task.ts';
import { BlockedError, type Deed } from './blocked.ts';
import { confirmName } from './confirm.ts';
import { countdown } from './countdown.ts';
import type { Facts } from './facts.ts';
import { person } from './person.ts';
import { withGuardLock } from './lock.ts';
import { BEFORE_CONTACT, ON_CONTENTS, ON_FACTS, enforce } from './policy.ts';
import { describeDoubts, describeTarget } from './screen.ts';
import { changesBetween, identityOf } from './unchanged.ts';

export interface GuardRequest {
  readonly run: Run;
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly deed: Deed;
  /** Where each parameter came from. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** FORCE as exported in the shell, which is named but does not count. */
  readonly exportedForce: string | undefined;
  /** What the shell exports. */
  readonly exports: Readonly<Record<string, string>>;
  /** Reads the registry anew. */
  readonly read: () => Promise<Run>;
  /** Opens the environment's stack, everything read anew: env files, configuration. */
  readonly open: (run: Run) => Promise<StackRun>;
  /** What would make the deed fail or do less than it says; refuses before anyone waits. */
  readonly preflight: (run: DestructiveRun) => Promise<void>;
}

/** What goes through the gate: the run, as the person saw it and as it still is. */
export type Passed = DestructiveRun & { readonly facts: Facts };

/**
 * The one gate in front of everything that destroys data:
 *
 * name → policy on the facts → preflight → lock → backup first → what will be destroyed, on one screen → the name typed
 * → countdown → the facts once more → journal → the deed → journal.
 *
 * @throws RefusedError · CancelledError; nothing was touched then, unless the deed had begun
 */
export async function passGuard(
  request: GuardRequest,
  deed: (run: DestructiveRun) => Promise<void>,
): Promise<void> {
  const { entry, environment } = request;
  const { values } = request.run;
  if (entry.protected && values['FORCE'] !== true) {
    throw new BlockedError(environment.name, request.deed, request.exportedForce);
  }
  const checks = enforce(BEFORE_CONTACT, { name: environment.name, entry, exports: request.exports });
  const seen = await look(request);
  checks.push(...enforce([...ON_FACTS, ...ON_CONTENTS], seen.facts));
  await request.preflight(seen);

  await withGuardLock(seen, seen.facts.markers !== undefined, aboutOf(request), async () => {
    const backup = entry.protected ? await (await import('./backup-first.ts')).backupFirst(seen) : null;
    // Nothing that can be done before the countdown is done after it: applications wait from then on.
    const [{ onRecord }, { repositoryRevision }] = await Promise.all([
      import('./on-record.ts'),
      import('./journal.ts'),
    ]);
    const revision = await repositoryRevision(seen.root);
    const passed = await letPersonDecide(request, seen);
    if (passed.actor.dryRun) return deed(passed);
    const known = { origins: request.origins, checks, backup, revision };
    await onRecord(passed, known, () => deed(passed));
  });
}

/** Opens the stack and asks for the facts. */
async function look({ read, open, environment }: GuardRequest): Promise<Passed> {
  const [asked, { readNeighbours, gatherFacts }] = await Promise.all([read(), import('./facts.ts')]);
  const neighbours = readNeighbours(asked, environment);
  const run = await open(asked);
  let facts = await gatherFacts(run, environment, neighbours);
  if (facts.target.running && !facts.contents) {
    // A reset that was killed may have left the database closed. Whose it is can be told all the same.
    enforce(ON_FACTS, facts);
    const { undoInterrupted } = await import('../database/interrupted.ts');
    if (await undoInterrupted(run)) facts = await gatherFacts(run, environment, neighbours);
  }
  return { ...run, facts, target: facts.target };
}

/** The screen, the name typed, the countdown, and the facts once more. */
async function letPersonDecide(request: GuardRequest, seen: Passed): Promise<Passed> {
  const { entry, environment, deed } = request;
  const { terminal, signal, actor, values } = seen;
  for (const line of describeTarget(seen.facts, deed, terminal)) terminal.line(line);
  describeDoubts(seen.facts).forEach(terminal.warn);
  const seconds = waitSeconds(entry, values['WAIT'] as number);
  if (actor.dryRun) {
    terminal.info(`dry run: nothing is touched (it would wait ${seconds} s)`);
    return seen;
  }
  // Also where only the output goes elsewhere: `… 2>&1 | tee log` has a person in front of it.
  if (entry.protected && process.stdin.isTTY) {
    await confirmName(environment.name, terminal, signal);
  }
  await countdown(seconds, terminal, signal);
  signal.throwIfAborted();

  const now = await look(request);
  const changes = changesBetween(
    identityOf(seen.facts, seen.environment.variables),
    identityOf(now.facts, now.environment.variables),
  );
  if (changes.length > 0) {
    throw new RefusedError(
      `refused; nothing was touched\nthis changed in the meantime:\n${changes.join('\n')}`,
      {
        hint: 'see what happens there, then type this again',
      },
    );
  }
  return now;
}

export const PROTECTED_MINIMUM_WAIT = 5;

/** Seconds to wait before the deed: never under five on a protected environment. */
export const waitSeconds = (entry: Pick<EnvironmentEntry, 'protected'>, asked: number): number =>
  entry.protected ? Math.max(PROTECTED_MINIMUM_WAIT, asked) : asked;

/** For the one who finds the lock taken. */
function aboutOf({ run }: GuardRequest): string {
  return `${run.task.name} by ${person()}@${hostname()} since ${new Date().toTimeString().slice(0, 8)}`;
}
