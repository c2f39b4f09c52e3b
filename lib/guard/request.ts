import type { CanonicalName } from '../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';
import type { Origin } from '../parameters/parameter.ts';
import type { DestructiveRun, Run, StackRun } from '../run/run.ts';
import type { Action } from './person/blocked.ts';
import type { GuardParameters } from './parameters.ts';

export interface GuardRequest {
  readonly run: Run<GuardParameters>;
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly action: Action;
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
  /** What would make the action fail or do less than it says; refuses before anyone waits. */
  readonly preflight: (run: DestructiveRun) => Promise<void>;
}
