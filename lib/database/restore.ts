import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { byteSize, counted } from '../display.ts';
import { ConfigurationError, FailedError, RefusedError, messageOf } from '../errors.ts';
import type { DestructiveRun, StackRun } from '../task.ts';
import { revisionIds } from '../alembic.ts';
import { majorVersion } from './archive.ts';
import { quoteName } from './quote.ts';
import { readRevisions } from './revisions.ts';
import { applyRoles, rolesScript } from './bootstrap-roles.ts';
import { inspectDump, type Dump } from './dump.ts';
import { reportKept } from './kept.ts';
import { Meter } from './meter.ts';
import { checkReplaceable } from './obstacles.ts';
import { refuseCommand } from './script.ts';
import { maintenanceDatabase } from './server-session.ts';
import { replaceDatabase } from './swap.ts';

/** A database has indexes, which a dump has not, and keeps its rows with a head each. */
const GROWTH = 2;

/** What the preflight has read to its end, so that it is not read twice. */
const inspected = new Map<string, { dump: Dump; stamp: string }>();

/** `restore-from-dump` before anyone waits. @throws ConfigurationError · RefusedError saying why it would not work */
export const checkDump = (run: DestructiveRun): Promise<void> => check(run, 'DUMP');
/** `restore-from-sql` before anyone waits. @throws the same */
export const checkSql = (run: DestructiveRun): Promise<void> => check(run, 'SQL');

async function check(run: StackRun, parameter: 'DUMP' | 'SQL'): Promise<void> {
  const { stack, environment, root, terminal, values } = run;
  const script = rolesScript(run);
  if (script !== undefined && !existsSync(resolve(root, script)))
    throw new ConfigurationError(`${script}: no such file`, { hint: 'BOOTSTRAP_ROLES_SQL=<file>' });
  const name = values[parameter] as string;
  const path = resolve(name);
  const native = stack.restoresNatively;
  const otherCommand = (command: string, line: number): void => {
    if (!native) refuseCommand(command, `${parameter}=${name}, line ${line}`);
  };
  if (terminal.interactive) terminal.progress(`reading ${name} …`);
  const stamp = await stampOf(path);
  const dump = await inspectDump(name, path, { parameter, otherCommand });
  inspected.set(path, { dump, stamp });
  terminal.clear();
  if (!native) refuseUnknown(dump);
  // What this machine cannot decompress, the server's own pg_restore can.
  else if (dump.kind === 'custom' && !dump.gzip && isForeign(dump)) await stack.verifyArchive(path);
  const server = await stack.withClient(maintenanceDatabase(stack.database.name), async (client) => {
    const { rows } = await client.query<{ version: string }>(
      "SELECT current_setting('server_version') AS version",
    );
    return rows[0]!.version;
  });
  if (dump.server !== undefined && majorVersion(dump.server) > majorVersion(server)) {
    throw new RefusedError(
      `${name} is of a newer server: PostgreSQL ${dump.server}, and that of ${environment.name} is ${server}`,
    );
  }
  await checkReplaceable(run, { bytes: dump.contents * GROWTH });
  terminal.info(`${name}: ${describe(dump)}`);
}

const isForeign = ({ compression }: Pick<Dump, 'compression'>): boolean =>
  compression === 'lz4' || compression === 'zstd';

/** What only pg_restore could read. */
function refuseUnknown({ name, compression, encoding }: Dump): void {
  const why = isForeign({ compression })
    ? `is compressed with ${compression}`
    : encoding !== undefined && encoding !== 'UTF8'
      ? `is encoded in ${encoding}`
      : undefined;
  if (why === undefined) return;
  throw new ConfigurationError(`DUMP=${name} ${why}, which the embedded stack cannot read`, {
    hint: 'pg_dump --format=custom --compress=gzip --encoding=UTF8',
  });
}

function describe({ kind, size, contents, server, tables }: Dump): string {
  const facts = [
    kind === 'plain' ? (tables === undefined ? 'SQL' : 'plain dump') : `${kind} format`,
    `${byteSize(size)}${contents > size ? ` (${byteSize(contents)} of data)` : ''}`,
    ...(tables === undefined ? [] : [counted(tables, 'table')]),
    ...(server === undefined ? [] : [`of PostgreSQL ${server}`]),
  ];
  return `whole, ${facts.join(', ')}`;
}

/** Changes when the file does. */
async function stampOf(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined);
  return stats ? `${stats.ino} ${stats.size} ${stats.mtimeMs}` : '';
}

export const restoreFromDump = (run: DestructiveRun): Promise<void> => restore(run, 'DUMP');
export const restoreFromSql = (run: DestructiveRun): Promise<void> => restore(run, 'SQL');

/**
 * Restores into a new database beside the old one, compares the count of tables, lets them change places, and sets the
 * roles' rights.
 */
async function restore(run: DestructiveRun, parameter: 'DUMP' | 'SQL'): Promise<void> {
  const { stack, environment, terminal, actor, values } = run;
  const path = resolve(values[parameter] as string);
  const { dump, stamp } = inspected.get(path)!;
  if ((await stampOf(path)) !== stamp) throw new RefusedError(`${dump.name} has changed meanwhile`);

  const { kept } = await replaceDatabase(run, { what: 'restore', fill: (aside) => fill(run, dump, aside) });
  const said = `${environment.name}: ${stack.database.name} is restored from ${relative('', path)}`;
  try {
    await applyRoles(run);
  } catch (error) {
    terminal.warn(`${said}, but not all rights are set`);
    throw error;
  }
  if (actor.dryRun) return;
  terminal.ok(said);
  if (kept !== undefined) reportKept(run, kept);
  await reportRevision(run);
}

async function fill(run: DestructiveRun, dump: Dump, aside: string): Promise<void> {
  const { stack, terminal, actor, signal, values } = run;
  const jobs = (values['JOBS'] as number | undefined) ?? 1;
  const program =
    dump.kind === 'plain' ? 'psql -v ON_ERROR_STOP=1' : 'pg_restore --exit-on-error --no-owner --no-acl';
  await actor.act(`${program} -d ${quoteName(aside)} < ${dump.name}`, async () => {
    const cancel = (): void => void endSessionsOf(run, aside).catch(() => {});
    signal.addEventListener('abort', cancel, { once: true });
    try {
      await stack.restore(dump, aside, new Meter(terminal, 'restoring', dump.size), jobs);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
    signal.throwIfAborted();
    await stack.withClient(aside, async (client) => {
      const { rows } = await client.query<{ count: string }>(TABLES);
      const found = Number(rows[0]!.count);
      if (dump.tables !== undefined && dump.tables !== found)
        throw new FailedError(
          `${dump.name} has ${counted(dump.tables, 'table')}, and ${found} were restored`,
        );
      await client.query('ANALYZE');
    });
    terminal.clear();
  });
}

/** Ends whatever is at work there, in our process or in a container. */
const endSessionsOf = ({ stack }: StackRun, aside: string): Promise<unknown> =>
  stack.withClient(maintenanceDatabase(stack.database.name), (client) =>
    client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [aside]),
  );

/** As pg_dump counts them: not those of extensions. */
const TABLES = `
  SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
  WHERE relkind IN ('r', 'p') AND relpersistence <> 't' AND nspname !~ '^pg_' AND nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')`;

/** Says in which revision the database is now, and whether migrations are missing. */
async function reportRevision(run: StackRun): Promise<void> {
  const { stack, environment, terminal, command } = run;
  const at = await stack.withClient(stack.database.name, readRevisions);
  if (at.length === 0) return terminal.info('it has no Alembic revision');
  const where = `it is at revision ${at.join(', ')}`;
  let heads: string[];
  try {
    const { status, stdout, stderr } = await stack.alembic(['heads'], { quiet: true });
    if (status !== 0) throw new Error(stderr.trim());
    heads = revisionIds(stdout);
  } catch (error) {
    return terminal.warn(`${where}; whether that is head cannot be said: ${messageOf(error)}`);
  }
  const missing = heads.filter((id) => !at.includes(id));
  if (missing.length === 0) return terminal.ok(`${where}, which is head`);
  terminal.warn(`${where}, not at head (${missing.join(', ')})`);
  terminal.next(command('al-up-env', { ENV: environment.name }));
}
