import type { EnvironmentEntry } from '../environment/entry.ts';
import type { Foreseen } from '../run/run.ts';
import { RefusedError } from '../errors.ts';
import { approve } from './approval/approve.ts';
import type { Signers } from './approval/verify.ts';
import { confirmName } from './person/confirm.ts';
import { countdown } from './person/countdown.ts';
import type { GuardRequest } from './request.ts';
import { look } from './look.ts';
import type { Passed } from './facts/facts.ts';
import { describePending } from '../migrations/pending.ts';
import { ON_CONTENTS, ON_FACTS, enforce } from './policy.ts';
import { describeUndo } from './person/describe-undo.ts';
import { describeDoubts, describeTarget } from './person/screen.ts';
import { changesBetween, configurationChanges, identityOf } from './facts/unchanged.ts';

interface Deciding {
  /** What it will do. */
  readonly foreseen?: Foreseen | undefined;
  /** Whose signature is needed; by default nobody's. */
  readonly signers?: Signers | undefined;
  readonly note: (text: string) => void;
}

/**
 * Shows the screen, asks for the name, counts down, and then reads all facts again. A migration is only shown.
 *
 * @returns the run with the facts of the second reading
 * @throws RefusedError if anything changed in the meantime
 * @throws CancelledError if the person does not confirm
 */
export async function letPersonDecide(
  request: GuardRequest,
  seen: Passed,
  { foreseen, signers, note }: Deciding,
): Promise<Passed> {
  const { entry, environment, action, run } = request;
  const { terminal, signal, actor } = seen;
  const pending = seen.pending && describePending(seen.root, seen.pending);
  const { destructive } = seen.task.definition;
  const undo = foreseen?.undo?.words ?? describeUndo(seen.facts, destructive, run.values);
  const screen = describeTarget(seen.facts, action, terminal, { pending, foreseen, undo });
  for (const line of screen) terminal.line(line);
  describeDoubts(seen.facts).forEach(terminal.warn);
  const consent = action.effect !== 'migrate';
  const seconds = consent ? waitSeconds(entry, run.values.WAIT) : 0;
  if (actor.dryRun) {
    terminal.info(`dry run: nothing is touched${consent ? ` (it would wait ${seconds} s)` : ''}`);
    return seen;
  }
  if (signers) note(await approve(seen, signers));
  // Only stdin has to be a terminal: with `… 2>&1 | tee log` a person still sits in front of it.
  else if (consent && entry.protected && process.stdin.isTTY) {
    await confirmName(environment.name, terminal, signal);
  }
  await countdown(seconds, terminal, signal);
  signal.throwIfAborted();

  const now = await look(request, { seen });
  const changes = [
    ...changesBetween(
      identityOf(seen.facts, seen.environment.variables),
      identityOf(now.facts, now.environment.variables),
    ),
    ...configurationChanges(seen.target.configuration, now.target.configuration),
  ];
  if (changes.length > 0) {
    throw new RefusedError(
      `refused; nothing was touched\nthis changed in the meantime:\n${changes.join('\n')}`,
      {
        hint: 'see what happens there, then type this again',
      },
    );
  }
  // A fact that was unknown at the first reading may be known now: it has to pass the same checks.
  enforce([...ON_FACTS, ...ON_CONTENTS], now.facts);
  return now;
}

const PROTECTED_MINIMUM_WAIT = 5;

/** Seconds to wait before the action: never under five on a protected environment. */
export const waitSeconds = (entry: Pick<EnvironmentEntry, 'protected'>, asked: number): number =>
  entry.protected ? Math.max(PROTECTED_MINIMUM_WAIT, asked) : asked;
