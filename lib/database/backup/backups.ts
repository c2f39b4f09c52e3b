import { existsSync, readdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pad, widest } from '../../output/columns.ts';
import { byteSize, counted } from '../../output/display.ts';
import { FailedError } from '../../errors.ts';
import type { StackRun } from '../../run/run.ts';
import { parseFacts, type BackupFacts, type SourceDatabase, type TakenBackup } from './backup-facts.ts';
import { checksum, sizeOf } from '../../dump/checksum.ts';
import { readRecord, type DrillRecord } from './drill-record.ts';
import { isFolder } from '../../dump/dump-file.ts';
import { Meter } from '../../output/meter.ts';
import { readTextIfThere, UnreadableError } from '../../system/read-bounded.ts';
import type { Giving } from '../../parameters/parameter.ts';

/** The backups in a folder, the newest first. Does not verify them. */
export function readBackups(folder: string): TakenBackup[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.dump.json'))
    .flatMap((name): TakenBackup[] => {
      const file = join(folder, name.slice(0, -'.json'.length));
      const facts = existsSync(file) ? readFacts(join(folder, name)) : undefined;
      return facts ? [{ file, facts }] : [];
    })
    .sort((a, b) => Date.parse(b.facts.time) - Date.parse(a.facts.time));
}

/** The facts of a dump, also if both files were copied to another folder. */
export const factsOfBackup = (file: string): BackupFacts | undefined => readFacts(`${file}.json`);

/** Undefined if the file is not the facts of a backup of ours. */
function readFacts(file: string): BackupFacts | undefined {
  try {
    return parseFacts(readTextIfThere(file) ?? '');
  } catch (error) {
    if (error instanceof UnreadableError) return undefined;
    throw error;
  }
}

/** A backup in the list. */
interface ListedBackup extends TakenBackup {
  /** Seconds since it was taken. */
  readonly age: number;
  /** Whether the dump is unchanged since it was verified. */
  readonly verifies: boolean;
  /** Result of its last drill. */
  readonly drill: DrillRecord | undefined;
}

/** The backups of an environment, the newest first. */
async function listBackups(run: StackRun, folder: string): Promise<ListedBackup[]> {
  const now = Date.now();
  const listed: ListedBackup[] = [];
  for (const backup of readBackups(folder)) {
    if (backup.facts.environment !== run.environment.name) continue;
    const meter = new Meter(run.terminal, `reading ${relative('', backup.file)}`, backup.facts.size);
    const verifies = await verifyBackup(backup, meter);
    const drill = readRecord(backup.file, backup.facts.sha256);
    listed.push({ ...backup, age: secondsSince(backup.facts.time, now), verifies, drill });
    run.signal.throwIfAborted();
  }
  return listed;
}

const secondsSince = (time: string, now: number): number => Math.round((now - Date.parse(time)) / 1000);

/** Whether the dump is unchanged since it was read back: same size, same SHA-256. */
export async function verifyBackup({ file, facts }: TakenBackup, meter?: Meter): Promise<boolean> {
  try {
    return sizeOf(file) === facts.size && (await checksum(file, meter)) === facts.sha256;
  } catch {
    // The dump cannot be read.
    return false;
  }
}

/** The database whose backup is needed. Fields that are left out are not compared. */
type SoughtBackup = Pick<BackupFacts, 'environment' | 'database'> & Partial<SourceDatabase>;

/**
 * The newest backup of exactly this database that is unchanged.
 *
 * @param maxAge seconds
 */
export async function findBackup(
  folder: string,
  sought: SoughtBackup,
  maxAge: number,
): Promise<TakenBackup | undefined> {
  for (const backup of readBackups(folder)) {
    if (isOf(backup.facts, sought, maxAge, Date.now()) && (await verifyBackup(backup))) return backup;
  }
  return undefined;
}

/**
 * Whether a backup is of this database and not older than `maxAge`. A backup from the future (more than 60 s) does not
 * count: one of the clocks is wrong.
 *
 * @param maxAge seconds
 * @param now milliseconds since the epoch
 */
export function isOf(facts: BackupFacts, sought: SoughtBackup, maxAge: number, now: number): boolean {
  const age = (now - Date.parse(facts.time)) / 1000;
  const same = (['environment', 'database', 'databaseOid', 'systemIdentifier'] as const).every(
    (name) => sought[name] === undefined || sought[name] === facts[name],
  );
  return same && age >= -60 && age <= maxAge;
}

/**
 * `backups`: lists the backups of an environment, and reads each one to verify it.
 *
 * @throws FailedError if one has changed
 */
export async function backups(run: StackRun<Giving<{ BACKUP_DIR: string; JSON: boolean }>>): Promise<void> {
  const { environment, terminal, values, command } = run;
  const folder = resolve(values.BACKUP_DIR);
  const listed = await listBackups(run, folder);
  terminal.clear();
  const isProtected = Boolean(environment.entry.protected);
  if (values.JSON) {
    const rows = listed.map(({ file, age, verifies, drill, facts }) => ({
      ...{ file: relative('', file), age, verifies, protected: isProtected, ...listable(facts) },
      drill: drill ?? null,
    }));
    terminal.result(JSON.stringify({ environment: environment.name, backups: rows }, null, 2));
  } else {
    for (const line of table(listed, isProtected)) terminal.result(line);
  }
  const broken = listed.filter(({ verifies }) => !verifies).map(({ file }) => relative('', file));
  if (broken.length > 0) {
    throw new FailedError(`not what they were when they were taken: ${broken.join(', ')}`, {
      hint: command('backup', { ENV: environment.name }),
    });
  }
  if (listed.length === 0) {
    terminal.warn(`${relative('', folder) || '.'} has no backup of ${environment.name}`);
    return terminal.next(command('backup', { ENV: environment.name }));
  }
  terminal.ok(`${counted(listed.length, 'backup')} of ${environment.name}, all whole`);
}

/** Facts without `home`, because settings may contain secrets, and without `rows`, which can be 10,000 lines. */
function listable(facts: BackupFacts): Omit<BackupFacts, 'home' | 'seal' | 'rows'> {
  const { home, seal, rows, ...shown } = facts;
  void [home, seal, rows];
  return shown;
}

function table(listed: readonly ListedBackup[], isProtected: boolean): string[] {
  if (listed.length === 0) return [];
  const rows = listed.map(({ file, age, verifies, drill, facts }) => [
    ageText(age),
    byteSize(facts.size),
    facts.database,
    facts.revisions.join(' ') || '-',
    verifies ? 'whole' : 'BROKEN',
    drillText(drill),
    ...(isProtected ? ['protected'] : []),
    relative('', file),
  ]);
  const head = [
    'AGE',
    'SIZE',
    'DATABASE',
    'REVISION',
    'STATE',
    'PROVEN',
    ...(isProtected ? ['OF'] : []),
    'FILE',
  ];
  const widths = head.map((_, column) => widest([head, ...rows].map((row) => row[column]!)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

/** `2 d 4 h ago on vm_stg` */
function drillText(drill: DrillRecord | undefined): string {
  if (!drill) return '-';
  const when = `${ageText(secondsSince(drill.time, Date.now()))} ago on ${drill.on}`;
  return drill.proven ? when : `FAILED ${when}`;
}

/** The two largest units: `3 d 4 h`. */
export function ageText(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ] as const;
  const largest = units.findIndex(([, length]) => seconds >= length);
  if (largest < 0) return '0 s';
  let left = seconds;
  const parts = units.slice(largest, largest + 2).map(([name, length]) => {
    const count = Math.floor(left / length);
    left -= count * length;
    return `${count} ${name}`;
  });
  return parts.filter((part) => !part.startsWith('0 ')).join(' ');
}
