import type { Run, Task } from '../run/run.ts';
import type { Registry } from '../environment/entry.ts';
/**
 * `make`, `make help`, `make help TASK=up`; and the answer to a target that does not exist.
 *
 * @throws UsageError naming the nearest task
 */
export declare function help({ root, values, make, registry, terminal }: Run): Promise<void>;
/**
 * Summaries and examples name the environments of makesafe's own registry; a team finds its own in their place: the
 * protected one, the default one, and another one.
 */
export declare function inRegistry(text: string, { environments, default: usual }: Registry): string;
/** All tasks in groups, a line each, and the environments. */
export declare function renderOverview(
  tasks: readonly Task[],
  registry: Registry,
  how?: string,
  elsewhere?: ReadonlyMap<string, string>,
): string;
/** One task: what it does, its parameters with their origins and defaults, and lines to type. */
export declare function renderTask({ name, definition, parameters }: Task, registry: Registry): string;
