import { relative, resolve } from 'node:path';
import { ageText, readBackups } from '../database/backup/backups.ts';
import type { TakenBackup } from '../database/backup/backup-facts.ts';
import { canonicalise, type CanonicalName } from '../environment/canonicalise.ts';
import { FailedError, RefusedError } from '../errors.ts';
import type { CheckResult } from '../output/check-result.ts';
import { renderCheckResults } from '../output/render-check-results.ts';
import { openEnvironment } from '../run/open-environment.ts';
import type { NamedRun } from '../run/run.ts';
import { lookAtBackup } from './look.ts';
import { recordFile, writeRecord, type DrillRecord } from '../database/backup/drill-record.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { Consent } from '../parameters/shared.ts';
import type { ConsentRun } from '../database/restore/consents.ts';

type DrillRun = NamedRun<
  Giving<{
    DUMP: string | undefined;
    ON: string | undefined;
    BACKUP_DIR: string;
    ALLOW: readonly Consent[];
    JSON: boolean;
  }>
>;

/**
 * `backup-drill-env`: restores a backup into a staging database, checks that everything was restored, drops the staging
 * database, and writes the results next to the backup.
 *
 * @throws FailedError if a check failed
 * @throws RefusedError if there is no backup, or it cannot be restored on that server
 */
export async function backupDrill(run: DrillRun): Promise<void> {
  const { terminal, values, command, signal } = run;
  const backup = chosen(run);
  const on = place(run);
  const target = await openTarget(run, on);
  const file = relative('', backup.file);
  const age = ageText(Math.max(0, Math.round((Date.now() - Date.parse(backup.facts.time)) / 1000)));
  terminal.info(`${file}: ${age} old, of ${backup.facts.database}, PostgreSQL ${backup.facts.serverVersion}`);
  terminal.info(`it is restored on ${on.name}, into a database of its own that is removed afterwards`);

  const { results, serverVersion } = await lookAtBackup(target, backup);
  signal.throwIfAborted();
  const proven = results.every(({ state }) => state !== 'failed');
  const record: DrillRecord = {
    ...{ format: 1, time: new Date().toISOString(), on: on.name, serverVersion },
    ...{ sha256: backup.facts.sha256, proven, checks: results },
  };
  await writeRecord(backup.file, record);
  terminal.clear();
  if (values.JSON) terminal.result(JSON.stringify({ environment: run.name.name, file, ...record }, null, 2));
  else terminal.screen(renderCheckResults(results, terminal.styleResult));
  if (!proven) throw notProven(run, file, results);
  terminal.ok(
    `${run.name.name}: the backup of ${age} ago is proven: it came back whole on ${on.name} (${relative('', recordFile(backup.file))})`,
  );
  terminal.next(command('backups', { ENV: run.name.name }));
}

function notProven(run: NamedRun, file: string, results: readonly CheckResult[]): FailedError {
  const bad = results.filter(({ state }) => state === 'failed').map(({ check }) => check);
  return new FailedError(`${run.name.name}: ${file} is not proven: ${bad.join(', ')}`, {
    hint: run.command('backup', { ENV: run.name.name }),
  });
}

/** The backup that DUMP names, or the newest backup of the environment. */
function chosen({ name, values, command }: DrillRun): TakenBackup {
  const folder = resolve(values.BACKUP_DIR);
  const own = readBackups(folder).filter(({ facts }) => facts.environment === name.name);
  const { DUMP: dump } = values;
  const found = dump === undefined ? own[0] : own.find(({ file }) => file === resolve(dump));
  if (found) return found;
  const there = own.map(({ file }) => relative('', file));
  if (dump !== undefined && there.length > 0)
    throw new RefusedError(`${dump} is no backup of ${name.name} with its facts beside it`, {
      hint: `DUMP=<one of ${there.slice(0, 5).join(', ')}>`,
    });
  throw new RefusedError(`${relative('', folder) || '.'} has no backup of ${name.name}`, {
    hint: command('backup', { ENV: name.name }),
  });
}

/**
 * The environment on whose server the backup is restored: this one, or the one that ON names.
 *
 * @throws RefusedError if ON names another environment, and that one is protected
 */
function place({ name, registry, values }: DrillRun): CanonicalName {
  const { ON: typed } = values;
  if (typed === undefined) return name;
  const on = canonicalise(typed, registry);
  if (on.name !== name.name && registry.environments[on.name]!.protected)
    throw new RefusedError(`${on.name} is protected: its server is not for the backups of others`, {
      hint: 'ON=<an environment that is not protected>',
    });
  return on;
}

/** A run on that environment. The commands in its messages are those of this task. */
async function openTarget(run: DrillRun, on: CanonicalName): Promise<ConsentRun> {
  const command: NamedRun['command'] = (task, parameters) =>
    task === run.task.name
      ? run.command(task, { ...parameters, ENV: run.name.name, ON: on.name })
      : run.command(task, parameters);
  return openEnvironment({ ...run, command }, on);
}
