import type { CanonicalName } from '../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../environment/entry.ts';
import type { Origin } from '../parameters/parameter.ts';
import type { DestructiveRun, Foreseen, Run, StackRun } from '../run/run.ts';
import type { Pending } from '../stack/alembic/pending.ts';
import type { Action } from './person/blocked.ts';
import type { GuardParameters } from './parameters.ts';

export interface GuardRequest {
  readonly run: Run<GuardParameters>;
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly action: Action;
  /** Where each parameter's value came from. */
  readonly origins: Readonly<Record<string, Origin>>;
  /** FORCE that does not count, and who exports it; the refusal mentions it. */
  readonly exportedForce: string | undefined;
  /** The variables that are exported, by the shell or a makefile. */
  readonly exports: Readonly<Record<string, string>>;
  /** Those of them that a makefile exports. */
  readonly ofMakefile?: ReadonlySet<string>;
  /** The assistant that runs the task, as far as one is detected. */
  readonly assistant?: string | undefined;
  /** The run with the registry as it is in this checkout. @param again reads the registry's file once more */
  readonly read: (again: boolean) => Promise<Run>;
  /** The registry's file will be read once more: starts what takes long in it. */
  readonly prepareRead: () => void;
  /** Opens the environment's stack. Reads env files and configuration again. */
  readonly open: (run: Run) => Promise<StackRun>;
  /** The revisions that a migration would run. */
  readonly pending?: ((run: StackRun) => Promise<readonly Pending[]>) | undefined;
  /** What they will do. @throws RefusedError if nobody has allowed it */
  readonly foresee?: ((run: DestructiveRun) => Promise<Foreseen>) | undefined;
  /** Refuses if the action would fail or do less than it says. Runs before the person has to wait. */
  readonly preflight: (run: DestructiveRun) => Promise<void>;
}
