import { relative } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Client } from 'pg';
import type { TocEntry } from '../dump/toc.ts';
import { majorVersion } from '../dump/archive.ts';
import type { TakenBackup } from '../database/backup/backup-facts.ts';
import { verifyBackup } from '../database/backup/backups.ts';
import { inspectDump } from '../dump/read/inspect-dump.ts';
import type { Dump } from '../dump/read/dump.ts';
import { headOf } from '../dump/dump-file.ts';
import { Meter } from '../output/meter.ts';
import { checkReplaceable } from '../database/replace/obstacles.ts';
import { describeFound } from '../dump/read/brings.ts';
import { checkExtensions } from '../database/restore/extensions.ts';
import { fill, GROWTH, type Filled } from '../database/restore/fill.ts';
import { originOf, type HomeBackup } from '../database/restore/home.ts';
import { describeLeftOut } from '../database/restore/left-out.ts';
import { maintenanceDatabase } from '../stack/postgres/maintenance-database.ts';
import { inStaging } from '../database/replace/staging.ts';
import { counted, grouped } from '../output/display.ts';
import { RefusedError } from '../errors.ts';
import {
  failed,
  lookAt,
  passed,
  some,
  warning,
  type CheckResult,
  type Outcome,
} from '../output/check-result.ts';
import type { StackRun } from '../run/run.ts';
import { objectsAs } from './compare.ts';
import type { ConsentRun } from '../database/restore/consents.ts';
import type { FillRun } from '../database/restore/restore-run.ts';

/** The check results, in the order of the checks. Checks that depend on a failed one are missing. */
export interface Looked {
  readonly results: readonly CheckResult[];
  readonly serverVersion: string;
}

/**
 * Restores a backup into a staging database and checks all of it.
 *
 * @throws RefusedError if it cannot be restored on this server
 * @throws CancelledError
 */
export async function lookAtBackup(run: ConsentRun, backup: TakenBackup): Promise<Looked> {
  const results: CheckResult[] = [];
  const look = async (check: string, outcome: () => Promise<Outcome>): Promise<boolean> => {
    const result = await lookAt({ name: check, look: outcome }, undefined);
    run.signal.throwIfAborted();
    results.push(result);
    return result.state !== 'failed';
  };
  const serverVersion = await versionOf(run);
  let dump: Dump | undefined;
  const isWhole =
    (await look('file', () => isWhat(run, backup))) &&
    (await look('archive', async () => {
      dump = await readDump(run, backup.file);
      return passed(`read to its end: ${counted(dump.tables ?? 0, 'table')}`);
    }));
  if (!isWhole || !dump) return { results, serverVersion };
  await look('rows in the file', () => Promise.resolve(rowsAsKept(backup, dump!)));
  const { home } = await originOf(run, dump, backup.facts);
  await canBeTried(run, dump, serverVersion, home);
  const head = await headOf(backup.file);
  await inStaging(run, async (staging, client) => {
    let filled: Filled | undefined;
    const filling = { ...run, values: { ...run.values, STRICT: false, JOBS: 1 } } as FillRun;
    const isRestored = await look('restored', async () => {
      filled = await fill(filling, dump!, staging, client, home);
      return restoredAs(filled!);
    });
    if (!isRestored) return;
    await look('objects', () => objectsAs(run, staging, backup, head, filled!));
    await look('constraints', () => constraintsAs(run, staging, head.entries));
  });
  return { results, serverVersion };
}

/** The version of the server. */
export const versionOf = ({ stack }: StackRun): Promise<string> =>
  stack.withClient(maintenanceDatabase(stack.database.name), async (client) => {
    const { rows } = await client.query<{ version: string }>(
      `SELECT current_setting('server_version') AS version`,
    );
    return rows[0]!.version;
  });

async function isWhat({ terminal }: StackRun, { file, facts }: TakenBackup): Promise<Outcome> {
  const meter = new Meter(terminal, `reading ${relative('', file)}`, facts.size);
  if (await verifyBackup({ file, facts }, meter)) return passed('its checksum is the one kept with it');
  return failed('it is not what it was when it was taken: its checksum is another', 'take a new backup');
}

/** Reads a backup to its end. */
export const readDump = (run: StackRun, file: string): Promise<Dump> =>
  inspectDump(relative('', file), file, {
    parameter: 'DUMP',
    otherCommand: () => {},
    toText: run.stack.toText,
    meter: () => new PassThrough(),
  });

/** Compares the rows that were counted when the backup was taken with those that are in the file now. */
function rowsAsKept({ facts: { rows } }: TakenBackup, { brings }: Dump): Outcome {
  if (rows === undefined) return warning('an older makesafe kept no rows with it', 'take a new backup');
  const there = brings?.tables ?? new Map<string, unknown>();
  const other = Object.entries(rows).filter(([table, count]) => there.get(table) !== count);
  const added = [...there].filter(([table, data]) => typeof data === 'number' && !Object.hasOwn(rows, table));
  if (other.length + added.length === 0) {
    const sum = Object.values(rows).reduce((all, count) => all + count, 0);
    return passed(`${counted(sum, 'row')} of ${counted(Object.keys(rows).length, 'table')}, as kept with it`);
  }
  const said = [
    ...other.map(([table, count]) => `${table} had ${grouped(count)}`),
    ...added.map(([table]) => `${table} had none`),
  ];
  return failed(`not the rows that were counted when it was taken: ${some(said)}`, 'take a new backup');
}

/** @throws RefusedError if this server cannot restore the dump */
export async function canBeTried(
  run: ConsentRun,
  dump: Dump,
  serverVersion: string,
  home: HomeBackup | undefined,
): Promise<void> {
  if (dump.server !== undefined && majorVersion(dump.server) > majorVersion(serverVersion))
    throw new RefusedError(
      `${dump.name} is of PostgreSQL ${dump.server}, and ${run.environment.name} has ${serverVersion}`,
      { hint: 'ON=<an environment with a server of that version, or newer>' },
    );
  const { stack } = run;
  if (!home?.sealed)
    await stack.withClient(maintenanceDatabase(stack.database.name), (client) =>
      checkExtensions(run, client, dump),
    );
  await checkReplaceable(run, { bytes: dump.contents * GROWTH, stays: true });
}

function restoredAs({ found, leftOut, later }: Filled): Outcome {
  const came = `${describeFound(found)}, each table with the rows of the file`;
  const missing = [
    ...describeLeftOut(leftOut),
    ...[...later].map((name) => `EXTENSION ${name}: only a database of its own name can have it`),
  ];
  if (missing.length === 0) return passed(came);
  return warning(`${came}; without ${some(missing)}`, 'see that nobody needs what is left out');
}

/**
 * The server checked every row when it created a constraint, except for those that were NOT VALID before the backup.
 * Fails if another one is not validated, or an index is invalid.
 */
async function constraintsAs(
  { stack }: StackRun,
  staging: string,
  entries: readonly TocEntry[],
): Promise<Outcome> {
  const [{ all, open }, invalid] = await stack.withClient(staging, async (client) => [
    await constraints(client),
    await invalidIndexes(client),
  ]);
  const meant = entries.filter(
    ({ kind, definition }) => kind.endsWith('CONSTRAINT') && /\bNOT VALID;?\s*$/.test(definition),
  ).length;
  if (invalid.length > 0) return failed(`indexes that are not valid: ${some(invalid)}`, 'take a new backup');
  if (open.length > meant) return failed(`not validated: ${some(open)}`, 'take a new backup');
  return passed(
    open.length === 0
      ? `${counted(all, 'constraint')}, all hold`
      : `${counted(all, 'constraint')}, all hold but what was NOT VALID before: ${some(open)}`,
  );
}

async function constraints(client: Client): Promise<{ all: number; open: string[] }> {
  const { rows } = await client.query<{ name: string; valid: boolean }>(
    `SELECT format('%I.%I', connamespace::regnamespace, conname) AS name,
       convalidated OR coalesce(to_jsonb(con) ->> 'conenforced', 'true') = 'false' AS valid
     FROM pg_constraint AS con
     WHERE connamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema') ORDER BY 1`,
  );
  return { all: rows.length, open: rows.filter(({ valid }) => !valid).map(({ name }) => name) };
}

async function invalidIndexes(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT indexrelid::regclass::text AS name FROM pg_index
     WHERE NOT (indisvalid AND indisready AND indislive) AND indrelid::regclass::text !~ '^pg_toast'`,
  );
  return rows.map(({ name }) => name);
}
