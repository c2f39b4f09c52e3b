import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { byteSize, counted, display } from '../../output/display.ts';
import { ConfigurationError, RefusedError, messageOf } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { majorVersion } from '../../dump/archive.ts';
import { factsOfBackup, readBackups, verifyBackup } from '../backup/backups.ts';
import { rolesScript, type RolesRun } from '../db-bootstrap-roles.ts';
import { inspectDump } from '../../dump/read/inspect-dump.ts';
import type { Dump, Kept } from '../../dump/read/dump.ts';
import type { BackupFacts } from '../backup/backup-facts.ts';
import { Meter } from '../../output/meter.ts';
import { checkReplaceable } from '../replace/obstacles.ts';
import { quoteName } from '../../sql/quote.ts';
import { maintenanceDatabase } from '../../stack/postgres/maintenance-database.ts';
import { originOf, type HomeBackup } from './home.ts';
import { sayWhereItBelongs } from './belongs.ts';
import { bringsNoData, lacks, tablesOf, type TableThere } from '../../dump/read/brings.ts';
import { readKeeper, type Keeper } from '../replace/cage.ts';
import { allowLine, isAllowed, type ConsentRun } from './consents.ts';
import { checkExtensions } from './extensions.ts';
import { GROWTH } from './fill.ts';
import type { DumpRun, ScriptRun } from './restore-run.ts';

/** What the preflight has read, by path, so that the file is not read twice. */
const inspected = new Map<string, { dump: Dump; stamp: string; known: Known }>();

/** What is known of a file besides its contents. */
export interface Known {
  /** Set if it is a backup of this environment. */
  readonly home: HomeBackup | undefined;
  /** What the screen said about it, for the journal. */
  readonly notes: readonly string[];
}

/** What the preflight has found out about the origin of the file. */
export const knownOf = (path: string): Known => inspected.get(path)!.known;

/** `restore-from-dump` before the countdown. @throws ConfigurationError · RefusedError if the restore would fail */
export const checkDump = (run: DumpRun): Promise<void> => check(run, 'DUMP', run.values.DUMP);
/** `restore-from-sql` before the countdown. @throws the same */
export const checkSql = (run: ScriptRun): Promise<void> => check(run, 'SQL', run.values.SQL);

/** The dump that the preflight has read. @throws RefusedError if the file has changed since then */
export async function inspectedDump(path: string): Promise<Dump> {
  const { dump, stamp } = inspected.get(path)!;
  if ((await stampOf(path)) !== stamp)
    throw new RefusedError(`${dump.name} has changed meanwhile`, {
      hint: 'once it is written to its end, type this again',
    });
  return dump;
}

async function check(run: ConsentRun & RolesRun, parameter: 'DUMP' | 'SQL', name: string): Promise<void> {
  const { stack, environment, root, terminal } = run;
  const script = rolesScript(run);
  if (script !== undefined && !existsSync(resolve(root, script)))
    throw new ConfigurationError(`${script}: no such file`, { hint: 'BOOTSTRAP_ROLES_SQL=<file>' });
  const path = resolve(name);
  const stamp = await stampOf(path);
  if (stamp === '') throw missing(run, parameter, name);
  const facts = parameter === 'DUMP' ? factsOfBackup(path) : undefined;
  if (
    facts &&
    !(await verifyBackup({ file: path, facts }, new Meter(terminal, `reading ${name}`, facts.size)))
  )
    throw new ConfigurationError(
      `${parameter}=${name}: it is not what it was when it was taken: its checksum is not the one in ${name}.json`,
      { hint: run.command('backups', { ENV: environment.name }) },
    );
  const dump = await inspectDump(name, path, {
    parameter,
    otherCommand: (command, line) => {
      throw new ConfigurationError(
        `${parameter}=${name}, line ${line}: ${command} is a command of psql, and a file is restored without psql`,
        { hint: 'write it in SQL' },
      );
    },
    uncaged: isAllowed(run, 'uncaged'),
    meter: () => new Meter(terminal, `reading ${name}`),
    toText: stack.toText,
    again: (file) => restoreLine(run, parameter, file),
    kept: keptOf(facts),
  });
  terminal.clear();
  if (dump.compression === 'zstd' && !facts)
    terminal.warn(
      `${name} came without ${name}.json: whether a byte of its data has changed cannot be said, since zstd has no checksum`,
    );
  const origin = await originOf(run, dump, facts);
  const server = await stack.withClient(maintenanceDatabase(stack.database.name), async (client) => {
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    checkKeeper(run, await readKeeper(client));
    if (!origin.home?.sealed) await checkExtensions(run, client, dump);
    return rows[0]!.version;
  });
  if (dump.server !== undefined && majorVersion(dump.server) > majorVersion(server)) {
    throw new RefusedError(
      `${name} is of a newer server: PostgreSQL ${dump.server}, and that of ${environment.name} is ${server}`,
      { hint: `restore it on a server of version ${majorVersion(dump.server)} or newer` },
    );
  }
  await checkReplaceable(run, { bytes: dump.contents * GROWTH });
  checkNotDataOnly(run, dump);
  if (dump.missingSchemas.length > 0)
    terminal.info(
      `${name} is of some tables only: schema ${dump.missingSchemas.join(', ')} is made for them`,
    );
  await checkNotLess(run, dump);
  terminal.info(`${name}: ${describe(dump)}`);
  const notes = await sayWhereItBelongs(run, dump, origin);
  inspected.set(path, { dump, stamp, known: { home: origin.home, notes } });
}

/** The complete command for another file, with the parameters that the person passed for this one. */
function restoreLine(
  { task, command, environment, values }: ConsentRun,
  parameter: 'DUMP' | 'SQL',
  file: string,
): string {
  const { ALLOW: allowed } = values;
  return command(task.name, {
    ENV: environment.name,
    [parameter]: file,
    ...(allowed.length > 0 ? { ALLOW: allowed.join(',') } : {}),
    ...(environment.entry.protected ? { FORCE: '1' } : {}),
  });
}

/** The size of a backup's data, from its facts, if the backup was checked against them. */
const keptOf = ({ rows, contents }: Partial<BackupFacts> = {}): Kept | undefined =>
  rows && contents !== undefined ? { rows, contents } : undefined;

/** For a file that does not exist: an error that lists the backups that exist. */
function missing({ environment, values, command }: StackRun, parameter: 'DUMP' | 'SQL', name: string): Error {
  const { BACKUP_DIR }: Readonly<Record<string, unknown>> = values;
  const there = parameter === 'SQL' || typeof BACKUP_DIR !== 'string' ? [] : readBackups(BACKUP_DIR);
  // This environment's backups first. Others can be restored too, for example to look at production's data on staging.
  const own = there.filter(({ facts }) => facts.environment === environment.name);
  const names = [...own, ...there.filter((one) => !own.includes(one))].map(({ file }) => relative('', file));
  const some = names.slice(0, MOST_NAMES);
  const more = names.length - some.length;
  const found =
    some.length === 0
      ? ''
      : `\nthere are, the newest first:\n${some.join('\n')}${more > 0 ? `\nand ${more} more` : ''}`;
  return new ConfigurationError(`${parameter}=${name}: no such file${found}`, {
    hint: parameter === 'SQL' ? `${parameter}=<file>` : command('backups', { ENV: environment.name }),
  });
}

/** The list must not fill the screen. */
const MOST_NAMES = 8;

/** Without its own role, the file would run with all rights of the environment's role. */
function checkKeeper(run: ConsentRun, { user, makesRoles }: Keeper): void {
  if (isAllowed(run, 'uncaged')) {
    run.terminal.warn(
      `the file runs as ${user}, and may do on the server whatever ${user} may (ALLOW=uncaged)`,
    );
    return;
  }
  if (makesRoles) return;
  throw new RefusedError(
    `role ${user} may not create roles: the file cannot be given a role of its own, and would run with all rights of ${user}`,
    {
      hint: `ALTER ROLE ${quoteName(user)} CREATEROLE, as a superuser; or, if the file is trusted: ${allowLine(run, 'uncaged')}`,
    },
  );
}

/** A new database has no tables for the data. @throws RefusedError with the command that loads such a file */
function checkNotDataOnly({ environment, command }: StackRun, { name, kind, brings, errands }: Dump): void {
  if (!brings || brings.tables.size > 0 || brings.orphans === 0) return;
  if (errands.some(({ errand }) => errand.kind === 'extension')) return;
  const script = kind === 'plain' ? name : `${name}.sql`;
  throw new RefusedError(
    `${name} holds data only, and makes no table: in a new database there is none that they could go to`,
    {
      hint: [
        'into the tables that are there:',
        ...(kind === 'plain' ? [] : [display({ file: 'pg_restore', args: [`--file=${script}`, name] })]),
        command('db-apply-env', { ENV: environment.name, SQL: script }),
      ].join('\n'),
    },
  );
}

/** Warns if the dump has less than the database now, and refuses without ALLOW=less. @throws RefusedError */
async function checkNotLess(run: ConsentRun, { name, brings }: Dump): Promise<void> {
  if (!brings) return;
  const { stack, terminal } = run;
  let there: TableThere[];
  try {
    there = await stack.withClient(stack.database.name, tablesOf);
  } catch (error) {
    return terminal.warn(
      `what ${stack.database.name} holds cannot be read, so nobody knows whether the dump brings less: ${messageOf(error)}`,
    );
  }
  const missing = lacks(brings, there);
  if (missing.length === 0) return;
  const said = `${name} brings less than it replaces:\n${missing.map((line) => `- ${line}`).join('\n')}`;
  if (isAllowed(run, 'less')) return terminal.warn(said);
  throw new RefusedError(said, { hint: `if that is meant: ${allowLine(run, 'less')}` });
}

function describe({ kind, size, contents, server, pgDump, tables, brings }: Dump): string {
  const facts = [
    kind === 'plain' ? (tables === undefined ? 'SQL' : 'plain dump') : `${kind} format`,
    `${byteSize(size)}${contents > size ? ` (${byteSize(contents)} of data)` : ''}`,
    ...(tables === undefined ? [] : [counted(tables, 'table')]),
    ...(brings && bringsNoData(brings) ? ['schema only: no data'] : []),
    ...(server === undefined ? [] : [`of PostgreSQL ${server}`]),
    ...(pgDump === undefined || pgDump === server ? [] : [`by pg_dump ${pgDump}`]),
  ];
  return `whole, ${facts.join(', ')}`;
}

/** Changes when the file changes; empty if there is no file. */
async function stampOf(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
}
