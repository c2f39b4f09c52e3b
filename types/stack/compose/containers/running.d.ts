import type { Environment } from '../../../environment/resolve.ts';
import type { Ask } from '../engine/engine.ts';
/** The containers that run, for commands in them. */
export interface RunningContainers {
  /** Asks the engine, once. @throws UnreachableError when it does not answer */
  look(): Promise<unknown>;
  /**
   * The id of a service's container. The engine is asked once for all of them.
   *
   * @throws UnreachableError when none runs
   */
  of(service: string): Promise<string>;
  /** One that was seen to run. */
  remember(service: string, id: string): void;
  /** What is known may no longer be so: one was replaced, or does not answer. */
  forget(): void;
}
export declare function runningContainers(
  ask: Ask,
  { project, name }: Pick<Environment, 'project' | 'name'>,
): RunningContainers;
