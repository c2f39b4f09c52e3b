import { join, relative } from 'node:path';
import type { Client } from 'pg';
import { ageText } from '../database/backup/backups.ts';
import type { ConsentRun } from '../database/restore/consents.ts';
import { fill } from '../database/restore/fill.ts';
import { originOf } from '../database/restore/home.ts';
import { describeLeftOut } from '../database/restore/left-out.ts';
import type { FillRun } from '../database/restore/restore-run.ts';
import { canBeTried, readDump, versionOf } from '../drill/look.ts';
import type { Receipt } from '../migrations/receipt.ts';
import { some } from '../output/check-result.ts';
import type { StackRun } from '../run/run.ts';
import { writeWhole } from '../system/files.ts';
import { inPrivateFolder } from '../system/private-folder.ts';
import { LOCK_WAIT } from './lock-wait.ts';
import { chooseBackup } from './choose-backup.ts';
import { dumpFailed } from '../stack/pg-dump/dump-failed.ts';

/** What the staging database is filled with. */
export interface Copy {
  /** For the person: `backups/a.dump: 2 h old, of core, proven by a drill`. */
  readonly what: string;
  readonly backup: Receipt['backup'];
  readonly serverVersion: string;
  /**
   * @param client of the maintenance database
   * @returns what it is without, because it cannot be restored there
   */
  readonly fill: (staging: string, client: Client) => Promise<readonly string[]>;
}

/**
 * A backup of the environment, with its data.
 *
 * @param target where it is restored
 * @throws RefusedError if there is none, or it cannot be restored there
 */
export async function copyOfBackup(run: StackRun, target: ConsentRun, folder: string): Promise<Copy> {
  const { file, facts, drilled } = await chooseBackup(run, folder);
  const age = ageText(Math.max(0, Math.round((Date.now() - Date.parse(facts.time)) / 1000)));
  const name = relative('', file);
  const proven = drilled === true;
  return {
    what: `${name}: ${age} old, of ${facts.database}, ${proven ? 'proven by a drill' : 'not proven by a drill'}`,
    backup: { file: name, sha256: facts.sha256, time: facts.time, proven },
    ...(await filling(target, file, facts)),
  };
}

/**
 * The schema as it is in the environment now, without rows.
 *
 * @param work gets the copy, while its file exists
 */
export async function withCopyOfSchema(
  { stack, environment }: StackRun,
  target: ConsentRun,
  work: (copy: Copy) => Promise<void>,
): Promise<void> {
  await inPrivateFolder(async (folder) => {
    const file = join(folder, 'schema.dump');
    await writeWhole(file, 0o600, async (output) => {
      const { status, stderr } = await stack.dump(['--schema-only', '--format=custom', LOCK_WAIT], output);
      if (status !== 0) throw dumpFailed({ status, stderr });
    });
    const what = `the schema of ${environment.name} as it is now, without rows`;
    await work({ what, backup: null, ...(await filling(target, file, undefined)) });
  });
}

type Facts = Parameters<typeof originOf>[2];

async function filling(
  target: ConsentRun,
  file: string,
  facts: Facts,
): Promise<Pick<Copy, 'serverVersion' | 'fill'>> {
  const serverVersion = await versionOf(target);
  const dump = await readDump(target, file);
  const { home } = await originOf(target, dump, facts);
  await canBeTried(target, dump, serverVersion, home);
  return {
    serverVersion,
    async fill(staging, client) {
      const run = { ...target, values: { ...target.values, STRICT: false, JOBS: 1 } } as FillRun;
      const filled = await fill(run, dump, staging, client, home);
      const missing = describeLeftOut(filled?.leftOut ?? []);
      if (missing.length > 0) target.terminal.warn(`the copy is without ${some(missing)}`);
      return missing;
    },
  };
}
