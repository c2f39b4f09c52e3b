import { type Contents } from '../../database/contents.ts';
import type { CanonicalName } from '../../environment/canonicalise.ts';
import type { EnvironmentEntry } from '../../environment/entry.ts';
import type { Footprint } from '../../stack/claims.ts';
import { type Plan } from '../../stack/plan.ts';
import type { Target } from '../../stack/stack.ts';
import { type Needed } from './needed.ts';
import type { Run, StackRun, DestructiveRun } from '../../run/run.ts';
import { type Overlap } from './overlap.ts';
/** All that the checks look at. */
export interface Facts {
  readonly environment: CanonicalName;
  readonly entry: EnvironmentEntry;
  readonly target: Target;
  /** Undefined while the server is stopped, or does not let us in. */
  readonly contents: Contents | undefined;
  /** The environments that the databases of the server are marked for, as far as it could be asked. */
  readonly markers: Readonly<Record<string, string>> | undefined;
  /** Why the running server could not be read. */
  readonly unread: string | undefined;
  readonly overlaps: readonly Overlap[];
  /** Environments whose configuration cannot be read here, and why. */
  readonly unknown: readonly Footprint[];
  /** All that will be removed beside, or together with, the database. */
  readonly plan: Plan;
  /** What may not lie in it: the folder of backups, the journal, secrets, a file that is written. */
  readonly needed: readonly Needed[];
  /** The environment whose run last destroyed something in this storage, as the journal has it. */
  readonly journalled: string | undefined;
}
/** What the environments of the registry claim. Compose takes its time for each: begun before anything else is opened. */
export declare function readNeighbours(
  { root, registry, values, terminal }: Run,
  { name }: CanonicalName,
): Promise<Footprint[]>;
/**
 * Asks the engine, the server and the journal, each at the same time.
 *
 * @param seen what the person has seen: its contents are looked at no more, only whose they are
 */
export declare function gatherFacts(
  run: StackRun,
  environment: CanonicalName,
  neighbours: () => Promise<readonly Footprint[]>,
  seen?: Facts,
): Promise<Facts>;
/** What goes through the gate: the run, as the person saw it and as it still is. */
export type Passed = DestructiveRun & {
  readonly facts: Facts;
};
