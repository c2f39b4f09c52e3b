import type { Client } from 'pg';
import { counted } from '../../output/display.ts';
import { FailedError, messageOf } from '../../errors.ts';
import { parseStatements } from '../../sql/syntax.ts';
import type { StackRun } from '../../run/run.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { Meter } from '../../output/meter.ts';
import { restore } from './restore-client.ts';
import { applyRights, isOfEventTrigger, missingRolesOf, withoutMissing } from './apply-rights.ts';
import { runErrands } from './errands.ts';
import { makeLater } from './extensions.ts';
import type { Filled } from './fill.ts';
import type { HomeBackup } from './home.ts';
import type { LeftOut } from './left-out.ts';
import { hangingOn } from '../../dump/read/links.ts';
import { whyHarmless } from './harmless.ts';
import { splitStatements } from '../../sql/run-statements.ts';
import type { Giving } from '../../parameters/parameter.ts';

/**
 * Creates what only works in a database with its final name: extensions that check the name and, for a sealed backup of
 * this environment, the contents of their tables.
 *
 * @throws FailedError with the object that could not be created
 */
export async function complete(
  { stack, actor, terminal }: StackRun,
  dump: Dump,
  filled: Filled | undefined,
  home: HomeBackup | undefined,
): Promise<void> {
  const later = filled?.later ?? new Set<string>();
  if (later.size === 0) return;
  await actor.act(`# ${counted(later.size, 'extension')} that the database's name is needed for`, () =>
    stack.withClient(stack.database.name, async (client) => {
      await makeLater(client, dump, later);
      if (!home?.sealed) return;
      const waiting = hangingOn(dump.links, later);
      const meter = new Meter(terminal, `restoring ${[...later].join(', ')}`, dump.size);
      const judge = ({ place, error }: { place: string; error: unknown }): Promise<void> =>
        Promise.reject(new FailedError(`${place}: ${messageOf(error)}`, { cause: error }));
      const made = { extensions: later, schemas: new Set<string>(), later: new Set<string>() };
      await restore([client], dump, meter, { made, judge, only: (id) => waiting.has(id) }, stack.toText);
      const rights = dump.rights.filter(({ needs }) => needs.some((one) => waiting.has(one)));
      await applyRights(client, withoutMissing(rights, await missingRolesOf(client)).possible);
    }),
  );
}

/** Creates policies whose roles exist now, after the script for roles. @returns what is still left out */
export async function makeForRoles({ stack }: StackRun, leftOut: readonly LeftOut[]): Promise<LeftOut[]> {
  if (!leftOut.some(({ later }) => later !== undefined)) return [...leftOut];
  return stack.withClient(stack.database.name, async (client) => {
    const missing = await missingRolesOf(client);
    const still: LeftOut[] = [];
    for (const one of leftOut) {
      const isPossible = one.later !== undefined && isPolicy(one.later) && missing(one.later).length === 0;
      if (!isPossible || !(await canBeRun(client, one.later))) still.push(one);
    }
    return still;
  });
}

/** CREATE POLICY only says who may see which rows: it calls no function of the file. */
const isPolicy = (sql: string): boolean =>
  parseStatements(sql)?.every(({ kind }) => kind === 'CreatePolicyStmt') ?? false;

const canBeRun = (client: Client, sql: string): Promise<boolean> =>
  client
    .query('SET search_path = public')
    .then(() => client.query(sql))
    .then(
      () => true,
      () => false,
    );

/**
 * Event triggers come last, because they also fire for our own statements and for the script for roles.
 *
 * @returns those that failed without a loss
 * @throws FailedError for any other failure, and with STRICT=1 for every one
 */
export async function makeEventTriggers(
  { stack, actor, values }: StackRun<Giving<{ STRICT: boolean }>>,
  dump: Dump,
  home: HomeBackup | undefined,
): Promise<LeftOut[]> {
  const triggers = dump.errands.filter(({ errand }) => errand.kind === 'event trigger');
  const leftOut: LeftOut[] = [];
  if (triggers.length === 0) return leftOut;
  await actor.act(`# ${counted(triggers.length, 'statement')} for event triggers`, () =>
    stack.withClient(stack.database.name, async (client) => {
      for (const one of triggers)
        await runErrands(client, [one]).catch((error: unknown) => {
          const { code = '' } = ((error as Error).cause ?? {}) as { code?: string };
          const [statement] = splitStatements(one.errand.sql);
          const why = whyHarmless({ statement: statement!, code, roles: [], missingRoles: [] });
          if (why === undefined || values.STRICT) throw error;
          leftOut.push({ place: one.place, why });
        });
      if (!home) return;
      const owners = dump.rights.filter(({ place }) => isOfEventTrigger(place));
      await applyRights(client, withoutMissing(owners, await missingRolesOf(client)).possible);
    }),
  );
  return leftOut;
}
