import { canonicalise, type CanonicalName } from '../environment/canonicalise.ts';
import { readRevisions, describeRevisions } from '../database/revisions.ts';
import { RefusedError } from '../errors.ts';
import { onScratch } from '../migrations/on-scratch.ts';
import { withSeal, writeReceipt } from '../migrations/receipt.ts';
import { counted } from '../output/display.ts';
import type { Giving } from '../parameters/parameter.ts';
import type { Consent } from '../parameters/shared.ts';
import { lookAtPage, redacted, writePage, type Page } from '../schema/report/page.ts';
import { openEnvironment } from '../run/open-environment.ts';
import type { StackRun } from '../run/run.ts';
import { makeSureOfBackup } from './choose-backup.ts';
import { copyOfBackup, withCopyOfSchema, type Copy } from './copy.ts';
import type { Rehearsed } from './migrate-copy.ts';
import { migrateOnCopy } from './on-copy.ts';
import { renderReceipt } from './screen.ts';

type RehearsalRun = StackRun<
  Giving<{
    ON: string | undefined;
    TO: string;
    DATA: boolean;
    JSON: boolean;
    HTML: string | undefined;
    BACKUP_DIR: string;
    ALLOW: readonly Consent[];
    ALEMBIC_INI: string | undefined;
  }>
>;

/**
 * `al-rehearse-env`: migrates a copy of the environment's database, from the revision where the database is, and writes
 * down what each statement did. The copy is a staging database, which is always removed.
 *
 * @throws FailedError if the migration failed on the copy
 * @throws RefusedError if no backup can be read, or it cannot be restored on that server
 */
export async function rehearse(run: RehearsalRun): Promise<void> {
  const on = place(run);
  const page = await lookAtPage(run);
  const { stack, values, environment } = run;
  await stack.withClient(stack.database.name, readRevisions);
  if (values.DATA && !(await makeSureOfBackup(run, values.BACKUP_DIR))) return;
  if (on) return rehearseOn(run, { ...(await openTarget(run, on)), on: on.name }, page);
  return onScratch(run, (scratch) =>
    rehearseOn(
      run,
      {
        ...{ ...scratch, values: { ...values, ...scratch.values } },
        ...{ on: 'a server of its own', environment: { ...scratch.environment, name: environment.name } },
      },
      page,
    ),
  );
}

/** A run on the server that has the copy. */
type Target = RehearsalRun & { readonly on: string };

async function rehearseOn(run: RehearsalRun, target: Target, page: Page | undefined): Promise<void> {
  const { stack, terminal, values, root } = run;
  const now = await stack.withClient(stack.database.name, readRevisions);
  let rehearsed: Rehearsed | undefined;
  const work = async (copy: Copy): Promise<void> => {
    rehearsed = await onCopy(run, target, copy, now);
  };
  if (values.DATA) await work(await copyOfBackup(run, target, values.BACKUP_DIR));
  else await withCopyOfSchema(run, target, work);
  if (!rehearsed) return;
  const { failure } = rehearsed;
  const receipt = await withSeal(stack, rehearsed.receipt);
  const file = await writeReceipt(root, receipt);
  terminal.clear();
  if (values.JSON) terminal.result(JSON.stringify(receipt, null, 2));
  else if (receipt.revisions.length > 0 && page !== '-')
    terminal.screen(renderReceipt(receipt, terminal.styleResult));
  if (page !== undefined) {
    const { renderReceiptPage } = await import('./page.ts');
    await writePage(run, page, renderReceiptPage(redacted(receipt, terminal.redactor)));
  }
  if (failure) throw failure;
  report(run, rehearsed, file);
}

/** Restores the copy into a staging database, and migrates it there. Undefined in a dry run. */
async function onCopy(
  run: RehearsalRun,
  target: Target,
  copy: Copy,
  now: readonly string[],
): Promise<Rehearsed | undefined> {
  const { environment, terminal, values, actor } = run;
  terminal.info(copy.what);
  terminal.info(`it is restored on ${target.on}, into a database of its own that is removed afterwards`);
  terminal.info(
    `${environment.name} ${describeRevisions(now)}: the migration goes from there to ${values.TO}`,
  );
  if (actor.dryRun) return undefined;
  const how = { to: values.TO, ini: target.values.ALEMBIC_INI };
  return migrateOnCopy({ run, target, on: target.on, copy, now, ...how });
}

function report(run: RehearsalRun, { receipt }: Rehearsed, file: string): void {
  const { environment, terminal, values, command } = run;
  const { revisions, hazards, way } = receipt;
  if (revisions.length === 0) return terminal.ok(`${environment.name}: nothing to migrate to ${values.TO}`);
  const found = hazards.length === 0 ? 'no hazards' : counted(hazards.length, 'hazard');
  terminal.ok(
    `${environment.name}: ${counted(revisions.length, 'revision')} migrated on a copy, with ${found} (${file})`,
  );
  const to = values.TO === 'head' ? {} : { REV: values.TO };
  terminal.next(command(way === 'up' ? 'al-up-env' : 'al-down-env', { ENV: environment.name, ...to }));
}

/**
 * The environment on whose server the copy is: the one that ON names, or this one. Undefined where this one is protected:
 * a rehearsal takes room, and keeps the server busy.
 *
 * @throws RefusedError if ON names another protected one
 */
function place({ environment, registry, values }: RehearsalRun): CanonicalName | undefined {
  const { ON: typed } = values;
  const { name } = environment;
  if (typed === undefined) return environment.entry.protected ? undefined : { name };
  const on = canonicalise(typed, registry);
  if (on.name !== name && registry.environments[on.name]!.protected)
    throw new RefusedError(`${on.name} is protected: its server is not for the rehearsals of others`, {
      hint: 'ON=<an environment that is not protected>',
    });
  return on;
}

/** A run on that environment. The commands in its messages are those of this task. */
async function openTarget(run: RehearsalRun, on: CanonicalName): Promise<RehearsalRun> {
  if (on.name === run.environment.name) return run;
  const command: StackRun['command'] = (task, parameters) =>
    task === run.task.name
      ? run.command(task, { ...parameters, ENV: run.environment.name, ON: on.name })
      : run.command(task, parameters);
  return openEnvironment({ ...run, command }, on);
}
