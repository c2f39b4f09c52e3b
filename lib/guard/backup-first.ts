import { relative, resolve } from 'node:path';
import { findBackup } from '../database/backup/backups.ts';
import { takeBackup } from '../database/backup/backup.ts';
import { byteSize } from '../output/display.ts';
import { MakesafeError, RefusedError, messageOf } from '../errors.ts';
import type { StackRun } from '../run/run.ts';
import type { GuardFacts } from './facts/facts.ts';
import type { Values } from '../parameters/parameter.ts';
import type { GuardParameters } from './parameters.ts';

/**
 * Finds a recent verified backup of this very database, or takes a new one.
 *
 * @returns the path of the backup; `skip` with BACKUP=skip; null in a dry run
 * @throws RefusedError if no backup can be taken: then nothing is destroyed
 */
export async function backupFirst(
  run: StackRun & { readonly facts: GuardFacts },
  { BACKUP, BACKUP_DIR, BACKUP_MAX_AGE }: Values<GuardParameters>,
): Promise<string | null> {
  const { terminal, environment, command, actor, facts, signal } = run;
  if (BACKUP === 'skip') {
    terminal.warn(`BACKUP=skip: no backup of ${environment.name} is taken; the journal will say so`);
    return 'skip';
  }
  const folder = resolve(BACKUP_DIR);
  if (actor.dryRun) {
    terminal.result(
      `# a verified backup of ${facts.target.database} in ${relative('', folder)}, unless there is one`,
    );
    return null;
  }
  if (!facts.contents)
    throw new RefusedError(
      `refused; nothing was touched\nno backup could be taken first: ${facts.unread ?? 'the server is stopped'}`,
      { hint: `${command('up', { ENV: environment.name })}, or without KEEP=1` },
    );
  const { oid: databaseOid, systemIdentifier } = facts.contents;
  const sought = {
    environment: environment.name,
    database: facts.target.database,
    ...(systemIdentifier === null ? {} : { systemIdentifier }),
    databaseOid,
  };
  try {
    const found = await findBackup(folder, sought, BACKUP_MAX_AGE);
    const { file, facts: about } = found ?? (await takeBackup(run, folder));
    const name = relative('', file);
    terminal.ok(
      `${found ? 'a backup that still holds' : 'backed up first'}: ${name} (${byteSize(about.size)})`,
    );
    terminal.info(
      `it is restored by: ${command('restore-from-dump', { ENV: environment.name, DUMP: name, ...(facts.entry.protected ? { FORCE: '1' } : {}) })}`,
    );
    return name;
  } catch (error) {
    signal.throwIfAborted();
    throw new RefusedError(
      `refused; nothing was touched\nno backup could be taken first: ${messageOf(error)}`,
      {
        cause: error,
        hint: `${hintOf(error) ?? 'make room or choose another BACKUP_DIR=<folder>'}; BACKUP=skip goes on without one`,
      },
    );
  }
}

const hintOf = (error: unknown): string | undefined =>
  error instanceof MakesafeError ? error.hint : undefined;
