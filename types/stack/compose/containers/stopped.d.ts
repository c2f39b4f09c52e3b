import type { Environment } from '../../../environment/resolve.ts';
import type { Ask } from '../engine/engine.ts';
/**
 * Containers that a run has stopped and is going to start again, by id: a run that is killed in between leaves an
 * application that does not run, and one that ended with 0 looks as if that was meant.
 */
export interface Stopped {
  /** @param ids none where all of them run again */
  readonly note: (ids: readonly string[]) => Promise<void>;
  /** Services of those that are there and still do not run. */
  readonly services: () => Promise<readonly string[]>;
}
export declare function stoppedContainers({ root, name, project }: Environment, ask: Ask): Stopped;
