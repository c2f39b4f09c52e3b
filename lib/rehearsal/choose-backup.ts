import { relative, resolve } from 'node:path';
import type { TakenBackup } from '../database/backup/backup-facts.ts';
import { takeBackup } from '../database/backup/backup.ts';
import { readBackups, verifyBackup } from '../database/backup/backups.ts';
import { readRecord } from '../database/backup/drill-record.ts';
import { RefusedError } from '../errors.ts';
import { Meter } from '../output/meter.ts';
import type { StackRun } from '../run/run.ts';

/** A backup to rehearse on. */
export interface Chosen extends TakenBackup {
  /** Whether its last drill has proven it; undefined if there was none. */
  readonly drilled: boolean | undefined;
}

/**
 * The newest backup of the environment that a drill has proven; if there is none, the newest one, and last those with
 * which a drill has failed. It is read to its end: a damaged one does not count.
 *
 * @throws RefusedError with the line that takes one
 */
export async function chooseBackup(run: StackRun, folder: string): Promise<Chosen> {
  const { environment, terminal, command, signal } = run;
  const own = findBackups(run, folder);
  const broken: string[] = [];
  for (const backup of [true, undefined, false].flatMap((drilled) =>
    own.filter((one) => one.drilled === drilled),
  )) {
    const file = relative('', backup.file);
    if (await verifyBackup(backup, new Meter(terminal, `reading ${file}`, backup.facts.size))) return backup;
    signal.throwIfAborted();
    broken.push(file);
  }
  throw new RefusedError(
    `no backup of ${environment.name} is what it was when it was taken: ${broken.join(', ')}`,
    { hint: command('backup', { ENV: environment.name }) },
  );
}

/**
 * Takes a backup, if there is none of the environment.
 *
 * @returns whether there is one by then: there is none in a dry run
 */
export async function makeSureOfBackup(run: StackRun, folder: string): Promise<boolean> {
  const { environment, terminal, actor } = run;
  if (findBackups(run, folder).length > 0) return true;
  const place = relative('', resolve(folder)) || '.';
  terminal.info(`${place} has no backup of ${environment.name} to rehearse on: one is taken`);
  const taken = await actor.act(`# a verified backup of ${environment.name} in ${place}`, () =>
    takeBackup(run, resolve(folder)),
  );
  return taken !== undefined;
}

/** The backups of the environment, the newest first. */
function findBackups({ environment }: StackRun, folder: string): Chosen[] {
  const own = readBackups(resolve(folder)).filter(({ facts }) => facts.environment === environment.name);
  return own.map((backup) => ({ ...backup, drilled: drilledAs(backup) }));
}

const drilledAs = ({ file, facts }: TakenBackup): boolean | undefined =>
  readRecord(file, facts.sha256)?.proven;
