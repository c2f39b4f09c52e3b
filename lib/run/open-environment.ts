import type { CanonicalName } from '../environment/canonicalise.ts';
import { resolveEnvironment } from '../environment/resolve.ts';
import { hideSecrets, namesOfEnvironment } from '../environment/readable-names.ts';
import { openStack } from '../stack/kinds.ts';
import type { Run, StackRun } from './run.ts';

/**
 * A run on an environment's stack: its env files read, its secrets hidden from all output. A task that compares two
 * environments opens the second one itself.
 *
 * @throws ConfigurationError naming all that is wrong with the environment's files
 */
export async function openEnvironment(run: Run, name: CanonicalName): Promise<StackRun> {
  const { root, registry, actor, terminal, signal, values } = run;
  const environment = resolveEnvironment(root, registry, name, !actor.dryRun);
  terminal.redactor.show(namesOfEnvironment(environment));
  hideSecrets(terminal.redactor, environment);
  environment.notes.forEach(terminal.info);
  environment.warnings.forEach(terminal.warn);
  const databaseService = (values['PG_SERVICE'] as string | undefined) ?? environment.names.databaseService;
  const { definition } = run.task;
  const alembic = values['ALEMBIC'] as string | undefined;
  return {
    ...run,
    environment,
    stack: await openStack(environment, {
      ...{ databaseService, alembic, actor, terminal, signal },
      projects: Object.entries(registry.environments).map(([one, { project }]) => project ?? one),
      frozen: definition.destructive !== undefined,
    }),
  };
}
