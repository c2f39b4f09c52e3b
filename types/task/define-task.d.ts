import type { Parameters } from '../parameters/parameter.ts';
import type { Definition, Task } from '../run/run.ts';
/** `defineTask` for a team's own task: what its SQL means is for the settings of its database to say. */
export declare function defineTeamTask<const P extends Parameters = Record<never, never>>(
  url: string,
  { run, destructive, ...declared }: Definition<P>,
): Task;
/**
 * Declares a task. Run as a script, the file runs it; imported, it is data.
 *
 * @param url `import.meta.url` of the task's file
 */
export declare function defineTask<const P extends Parameters = Record<never, never>>(
  url: string,
  definition: Definition<P>,
): Task;
