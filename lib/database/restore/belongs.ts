import { counted } from '../../output/display.ts';
import type { StackRun } from '../../run/run.ts';
import { readAttributes } from '../attributes.ts';
import type { Dump } from '../../dump/read/dump.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';
import { missingRolesOf, withoutMissing } from './apply-rights.ts';
import { attributesChanged, attributesHere, type HomeBackup, type Origin } from './home.ts';
import { describeLeftOut, describeRights } from './left-out.ts';

/**
 * Tells the person, before the countdown, what will differ from the file: for a backup of this environment, what this
 * server does not have; for another file, its owners and privileges.
 *
 * @returns the same, for the journal
 */
export function sayWhereItBelongs(run: StackRun, dump: Dump, origin: Origin): Promise<string[]> {
  if (origin.home) return sayHome(run, dump, origin.home);
  return Promise.resolve(sayElsewhere(run, dump, origin.why));
}

async function sayHome(run: StackRun, dump: Dump, home: HomeBackup): Promise<string[]> {
  const { stack, environment, terminal, command } = run;
  const { name } = stack.database;
  const { leftOut, changed, missing } = await stack.withClient(maintenanceDatabase(name), async (client) => {
    const rights = withoutMissing(dump.rights, await missingRolesOf(client));
    const present = await readAttributes(client, name);
    const here =
      home.attributes && present ? await attributesHere(client, home.attributes, present) : undefined;
    return {
      leftOut: [...describeLeftOut(rights.leftOut), ...(here?.leftOut ?? [])],
      missing: rights.leftOut.length,
      changed: here && present ? attributesChanged(present, here.attributes) : [],
    };
  });
  terminal.info(
    `it is a backup of ${environment.name} itself: owners, privileges and settings come back as they were`,
  );
  if (changed.length > 0) terminal.info(`of the database itself this changes: ${changed.join(', ')}`);
  if (leftOut.length === 0) return changed.map((change) => `changed: ${change}`);
  terminal.warn(['left out of it:', ...leftOut.map((line) => `- ${line}`)].join('\n'));
  if (missing > 0)
    terminal.info(
      `${counted(missing, 'statement')} more would be run if the roles were there: ${command('db-bootstrap-roles-env', { ENV: environment.name })}, then this once more`,
    );
  return [...changed.map((change) => `changed: ${change}`), ...leftOut.map((line) => `left out: ${line}`)];
}

function sayElsewhere({ stack, environment, terminal }: StackRun, dump: Dump, why: string): string[] {
  if (dump.tables === undefined) return [];
  const lines = describeRights(dump.rights, stack.database.user);
  if (lines.length === 0) return [];
  terminal.info(
    [
      `owners and privileges are those of ${environment.name} (${why}); left out of the dump:`,
      ...lines.map((line) => `- ${line}`),
    ].join('\n'),
  );
  return lines.map((line) => `left out: ${line}`);
}
