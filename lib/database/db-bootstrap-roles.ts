import { counted } from '../output/display.ts';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigurationError, FailedError } from '../errors.ts';
import type { ScriptError } from '../sql/run-statements.ts';
import { personsOnly } from '../run/persons-only.ts';
import type { StackRun } from '../run/run.ts';
import { ensureMarker } from './marker.ts';
import { whilePrimary } from './while-primary.ts';
import type { Giving } from '../parameters/parameter.ts';

/** A run of a task that creates the roles. */
export type RolesRun = StackRun<Giving<{ BOOTSTRAP_ROLES_SQL: string | undefined }>>;

/**
 * `db-bootstrap-roles-env`: runs the script. It can be repeated if the script can be repeated.
 *
 * @throws RefusedError where it is protected to an assistant, and another script than the registry's where changes need a signature
 */
export async function bootstrapRoles(run: RolesRun): Promise<void> {
  const { environment, terminal, actor, command } = run;
  const isUsual = rolesScript(run) === environment.names.rolesScript;
  await personsOnly(run, "another script of roles than the registry's", !isUsual);
  await applyRoles(run, ensureMarker(run));
  if (actor.dryRun) return;
  if (rolesScript(run) === undefined)
    terminal.info(`${environment.name} has no script for roles (rolesScript in the registry): skipped`);
  else terminal.ok(`${environment.name}: roles and rights are set`);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}

/** The script that the person passes, or else the one of the registry; undefined if there is none. */
export const rolesScript = ({
  values,
  environment,
}: Pick<RolesRun, 'values' | 'environment'>): string | undefined =>
  values.BOOTSTRAP_ROLES_SQL ?? environment.names.rolesScript;

/**
 * PostgreSQL fails one of two sessions that change the same rights at the same time. The other session may be a
 * migration of somebody else, or may belong to a killed run.
 */
const isCollision = ({ message }: ScriptError): boolean =>
  /^(tuple concurrently (updated|deleted)|deadlock detected)\b/.test(message);

/**
 * Runs the script, if there is one, to its end, even with ON_ERROR_STOP: the grants do not depend on each other, and
 * the person wants to see every failure. After a collision, it runs the script up to 3 more times.
 *
 * @param allowed has to resolve before the first statement runs
 * @throws ConfigurationError if the file does not exist
 * @throws FailedError with the number of failed statements, and the line and message of each
 */
export async function applyRoles(
  run: RolesRun,
  allowed: Promise<unknown> = Promise.resolve(),
): Promise<void> {
  const { stack, root, actor, terminal } = run;
  const script = rolesScript(run);
  if (script === undefined || actor.dryRun) await allowed;
  if (script === undefined) return;
  allowed.catch(() => {});
  const file = resolve(root, script);
  if (!existsSync(file))
    throw new ConfigurationError(`${script}: no such file`, { hint: 'BOOTSTRAP_ROLES_SQL=<file>' });
  const plan = `psql -d ${stack.database.name} -f ${script}`;
  const apply = async (): Promise<ScriptError[]> => {
    let failed = await stack.runScript(file, allowed);
    for (let again = 0; again < 3 && failed.length > 0 && failed.every(isCollision); again++) {
      terminal.info('somebody else changed the same rights at the same time: once more');
      failed = await stack.runScript(file);
    }
    return failed;
  };
  const errors = await actor.act(plan, () => whilePrimary(run, apply));
  if (!errors || errors.length === 0) return;
  const list = errors.map(({ line, message }) => `${script}:${line}: ${message}`).join('\n');
  throw new FailedError(`${counted(errors.length, 'statement')} failed:\n${list}`);
}
