import { realpathSync } from 'node:fs';
import { basename, extname, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BACKUP_PARAMETERS, guardParameters } from '../guard/parameters.ts';
import { flag } from '../parameters/kinds.ts';
import type { Parameter, Parameters } from '../parameters/parameter.ts';
import { ENV, PG_SERVICE, TYPED_ENV } from '../parameters/shared.ts';
import { runTask } from './run-task.ts';
import type { Stack } from '../stack/stack.ts';
import type { DestructiveRun, Definition, Task } from '../run/run.ts';

/** `defineTask` for a team's own task: its connections keep the settings of the database, which its SQL may rely on. */
export function defineTeamTask<const P extends Parameters = Record<never, never>>(
  url: string,
  { run, destructive, ...declared }: Definition<P>,
): Task {
  const ofTeam = (work: unknown) => (given: DestructiveRun) =>
    (work as (given: DestructiveRun) => Promise<void>)(withDatabaseSettings(given));
  const preflight = destructive?.preflight && { preflight: ofTeam(destructive.preflight) };
  const definition = {
    ...{ ...declared, run: ofTeam(run) },
    ...(destructive && { destructive: { ...destructive, ...preflight } }),
  };
  return defineTask(url, definition as unknown as Definition<P>);
}

/** The same run, but its connections keep the database's settings. Unchanged without a stack. */
function withDatabaseSettings(run: DestructiveRun): DestructiveRun {
  const stack = run.stack as Stack | undefined;
  if (!stack) return run;
  const withClient: Stack['withClient'] = (database, work, as) =>
    stack.withClient(database, work, { settings: 'database', ...as });
  return { ...run, stack: { ...stack, withClient } };
}

/**
 * Declares a task. If the file was started as a script, runs the task; if it was imported, only returns it.
 *
 * @param url `import.meta.url` of the task's file
 */
export function defineTask<const P extends Parameters = Record<never, never>>(
  url: string,
  definition: Definition<P>,
): Task {
  const file = fileURLToPath(url);
  // Only the task's own file knows the types of its parameters. From here on, values are looked up by name.
  const general = definition as unknown as Definition;
  const parameters = allParameters(general);
  const task = { name: basename(file, extname(file)), definition: general, parameters };
  if (process.argv[1] !== undefined && url === pathToFileURL(realpathSync(process.argv[1])).href) {
    // A package may be a link in node_modules. Then the repository around the link counts.
    const script = process.argv[1].includes(`${sep}node_modules${sep}`) ? process.argv[1] : file;
    void runTask(task, script);
  }
  return task;
}

function allParameters(definition: Definition): Parameters {
  const { environment, destructive, parameters = {} } = definition;
  if (environment === 'none') return parameters;
  if (environment === 'name only') return { ENV, ...parameters };
  const DRY_RUN = flag('print what would be done and touch nothing');
  const migrates = environment === 'any' && definition.migrates !== undefined;
  if (!destructive) return { ENV, ...parameters, ...(migrates && BACKUP_PARAMETERS), PG_SERVICE, DRY_RUN };
  const typed: Parameters = {
    ENV: TYPED_ENV,
    ...guardParameters(destructive.countdown),
    PG_SERVICE,
    ...parameters,
  };
  const commandLineOnly = Object.entries(typed).map(([name, parameter]): [string, Parameter] => [
    name,
    { ...parameter, commandLineOnly: true },
  ]);
  // DRY_RUN may come from anywhere, because it only makes a task harmless.
  return { ...Object.fromEntries(commandLineOnly), DRY_RUN };
}
