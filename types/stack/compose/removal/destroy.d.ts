import type { Actor } from '../../../output/actor.ts';
import type { Terminal } from '../../../output/terminal.ts';
import type { PlannedContainer } from '../../plan.ts';
import type { Storage } from '../../stack.ts';
import type { ComposeConfig } from '../config/config.ts';
import { type Docker } from '../engine/docker.ts';
import { type Engine } from '../engine/engine.ts';
import type { ComposePlan } from './gather.ts';
/** What removing is done with. */
export interface Tools {
  readonly engine: Engine;
  readonly docker: Docker;
  readonly config: ComposeConfig;
  readonly project: string;
  readonly databaseService: string;
  readonly actor: Actor;
  readonly terminal: Terminal;
}
/**
 * Removes what is in the plan, by id and by name, and looks whether it is gone. `docker compose down` would read the
 * project's labels and files once more, and take what has come since.
 *
 * @throws FailedError naming what is left
 */
export declare function destroyPlan(plan: ComposePlan, storage: Storage, tools: Tools): Promise<void>;
/**
 * Who is stopped when: first those whom nobody needs, last those whom others need, as compose does. What is in no service
 * of the configuration, or in a circle, comes first. Pure.
 */
export declare function stopOrder(
  containers: readonly PlannedContainer[],
  { services }: Pick<ComposeConfig, 'services'>,
): PlannedContainer[][];
