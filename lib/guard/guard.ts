import type { CanonicalName } from '../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../environment/registry.ts';
import type { Target } from '../stack/stack.ts';
import type { Terminal } from '../terminal.ts';
import { countdown } from './countdown.ts';
import { checkPolicy, waitSeconds, type Deed } from './policy.ts';
import { describeTarget } from './screen.ts';

export interface GuardRequest<Facts extends { readonly target: Target }> {
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly deed: Deed;
  readonly force: boolean;
  /** FORCE as exported in the shell, which is named but does not count. */
  readonly exportedForce: string | undefined;
  /** Seconds asked for. */
  readonly wait: number;
  readonly dryRun: boolean;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  /** The facts. Asked only of an environment that the policy allows. */
  readonly facts: () => Promise<Facts>;
  /** What would make the deed fail or do less than it says; refuses before anyone waits. */
  readonly preflight: (facts: Facts) => Promise<void>;
}

/**
 * The one gate in front of everything that destroys data: policy → facts → preflight → what will be destroyed, on
 * one screen → countdown.
 *
 * @returns the facts that were shown
 * @throws RefusedError · CancelledError (through the signal)
 */
export async function passGuard<Facts extends { readonly target: Target }>(
  request: GuardRequest<Facts>,
): Promise<Facts> {
  const { environment, entry, deed, terminal, signal } = request;
  const blocked = checkPolicy(environment.name, entry, request.force, request.exportedForce, deed);
  if (blocked) throw blocked;

  const facts = await request.facts();
  await request.preflight(facts);

  for (const line of describeTarget(environment, entry, deed, facts.target, terminal)) terminal.line(line);
  const seconds = waitSeconds(entry, request.wait);
  if (request.dryRun) terminal.info(`dry run: nothing is touched (it would wait ${seconds} s)`);
  else await countdown(seconds, terminal, signal);
  signal.throwIfAborted();
  return facts;
}
