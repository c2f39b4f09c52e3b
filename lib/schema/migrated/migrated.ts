import { join, resolve } from 'node:path';
import { rolesScript } from '../../database/db-bootstrap-roles.ts';
import { failed } from '../../migrations/failed.ts';
import { iniHere } from '../../migrations/ini-here.ts';
import { withServiceVariables } from '../../migrations/service-variables.ts';
import { onScratch, upgradeScratch, type ScratchRun } from '../../migrations/on-scratch.ts';
import type { StackRun } from '../../run/run.ts';
import { findBinaries } from '../../stack/embedded/binaries.ts';
import { versionOfPgDump } from '../../stack/pg-dump/pg-dump.ts';
import { readDatabase, type Scope, type Side, type Source } from '../read/read.ts';
import type { SideSummary } from '../read/side-summary.ts';
import { inputsOf } from './inputs.ts';
import { KeptSchemas } from './kept.ts';

/** The word for BASE, and the name of this side in reports. */
export const MIGRATIONS = 'migrations';

/** Sentences that say what a comparison with the revisions does not cover. */
export function limitsOf(made: SideSummary, compared: SideSummary): string[] {
  const [here, there] = [made, compared].map(({ serverVersion }) => serverVersion ?? 'of an unknown version');
  const isSame = parseInt(here!, 10) === parseInt(there!, 10);
  return [
    `${MIGRATIONS} is what the revisions of this checkout make from nothing: encoding, locale and other properties of ` +
      'the database, roles that only reach it, and the attributes of its owner are not theirs, and are not compared',
    ...(isSame
      ? []
      : [
          `the revisions ran on PostgreSQL ${here}, and ${compared.label} is PostgreSQL ${there}: what a revision makes on ` +
            'one version only is a difference here',
        ]),
  ];
}

/**
 * The schema that the revisions of this checkout make from nothing, on a server of their own; or as it was read then, if
 * all that it was made from is as it was.
 *
 * @param at the revision up to which they run
 * @throws FailedError if a revision failed
 */
export async function readMigrated(run: StackRun, scope: Scope, at = 'heads'): Promise<Side> {
  const { root, terminal, environment, stack, values } = run;
  const { ALEMBIC_INI }: { ALEMBIC_INI?: string | undefined } = values;
  const ini = iniHere(environment, ALEMBIC_INI);
  const { name, user } = stack.database;
  const kept = new KeptSchemas(run, {
    ...{ versions: versions(root), scope, database: { name, user }, ini, environment: environment.name },
    ...{ at, roles: environment.entry.roles ?? {}, script: environment.names.rolesScript },
    variables: [...withServiceVariables(environment).variables].flatMap(([key, { value, secret }]) =>
      secret ? [] : [[key, value]],
    ),
  });
  const found = await kept.find();
  if (found) {
    terminal.info('migrations: as the revisions have made it before; none of their files has changed');
    return found;
  }
  const begun = Date.now();
  terminal.progress('migrations: running all revisions on a server of their own');
  return onScratch(
    run,
    async (scratch) => {
      const result = await upgradeScratch(scratch, { trace: {}, to: at });
      if (result.status !== 0) throw await failed(scratch, result, ['upgrade', at], undefined);
      const read = await readDatabase(await sourceOf(scratch), scope);
      const side: Side = { ...read, summary: { ...read.summary, source: 'migrations' } };
      terminal.clear();
      if (result.files) {
        const script = rolesScript(scratch);
        const files = [...result.files, ini, ...(script === undefined ? [] : [resolve(root, script)])];
        const inputs = inputsOf(root, files, begun);
        if (inputs) await kept.keep(side, inputs);
      }
      return side;
    },
    stack.database,
  );
}

/** Logical names that mean a role of this environment's server only mean nothing here. */
async function sourceOf({ environment, stack }: ScratchRun): Promise<Source> {
  const withClient: Source['withClient'] = (work) => stack.withClient(stack.database.name, work);
  const existing = await withClient(async (client) => {
    const { rows } = await client.query<{ name: string }>('SELECT rolname AS name FROM pg_roles');
    return new Set(rows.map(({ name }) => name));
  });
  const stated = Object.entries(environment.entry.roles ?? {}).filter(([, role]) => existing.has(role));
  return {
    ...{ label: MIGRATIONS, roles: Object.fromEntries(stated), withClient },
    dump: (args, output, settings) => stack.dump(args, output, { pgDump: 'bundled', settings }),
  };
}

/** A side without what no revision makes, see `limitsOf`. */
export function ofRevisions({ objects, roles, ...side }: Side): Side {
  const owner = objects.find(({ kind }) => kind === 'DATABASE')?.owner;
  return {
    ...side,
    objects: objects.filter(({ kind }) => kind !== 'DATABASE PROPERTY'),
    roles: roles.filter(({ name, asMember = false }) => !asMember && name !== owner),
  };
}

/** The versions of what makes and reads the schema. */
const versions = (root: string): object => ({
  server: findBinaries(join(root, '.embedded', '.scratch', 'lib')).version,
  pgDump: versionOfPgDump(),
});
