import type { CanonicalName } from '../environment/canonicalise.ts';
import { resolveEnvironment } from '../environment/resolve.ts';
import { hideSecrets, namesOfEnvironment } from '../environment/readable-names.ts';
import { openStack } from '../stack/kinds.ts';
import { LIMITS } from '../system/limits.ts';
import type { Run, StackRun } from './run.ts';
import { settleCheckout } from './settle-checkout.ts';
import type { Parameters, Values } from '../parameters/parameter.ts';
import type * as shared from '../parameters/shared.ts';

/** Seconds that a commit waits for a synchronous standby, if the registry does not say. */
const STANDBY_WAIT = 60;

/** Parameters of every task that opens an environment. */
type OfAnyTask = Partial<Values<Pick<typeof shared, 'PG_SERVICE' | 'ALEMBIC'>>>;

export const ofAnyTask = ({ values }: { readonly values: object }): OfAnyTask => values;

/**
 * Opens an environment: reads its env files, hides its secrets in all output, and prepares its stack. A task that
 * compares two environments opens the second one itself.
 *
 * @throws ConfigurationError with everything that is wrong in the environment's files
 */
export async function openEnvironment<P extends Parameters>(
  run: Run<P>,
  name: CanonicalName,
): Promise<StackRun<P>> {
  const { root, actor, terminal, signal } = run;
  const registry = await settleCheckout(run, name.name);
  const { PG_SERVICE, ALEMBIC: alembic } = ofAnyTask(run);
  const environment = resolveEnvironment(root, registry, name, !actor.dryRun);
  terminal.redactor.show(namesOfEnvironment(environment));
  hideSecrets(terminal.redactor, environment);
  environment.notes.forEach(terminal.info);
  environment.warnings.forEach(terminal.warn);
  const databaseService = PG_SERVICE ?? environment.names.databaseService;
  const { standbyWait = STANDBY_WAIT } = environment.entry;
  LIMITS.standby.seconds = standbyWait === false ? Infinity : standbyWait;
  const { definition } = run.task;
  return {
    ...run,
    registry,
    environment,
    stack: await openStack(environment, {
      ...{ databaseService, alembic, actor, terminal, signal },
      projects: Object.entries(registry.environments).map(([one, { project }]) => project ?? one),
      frozen:
        definition.destructive !== undefined ||
        (definition.environment === 'any' &&
          definition.migrates !== undefined &&
          Boolean(environment.entry.protected)),
    }),
  };
}
