import { renameSync } from 'node:fs';
import { chmod, open, rm } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { byteSize, counted } from '../../output/display.ts';
import { FailedError, messageOf } from '../../errors.ts';
import { flushFolder, writeWhole } from '../../system/files.ts';
import type { StackRun } from '../../run/run.ts';
import { lookAtFolder } from '../../system/destination.ts';
import { cannotBeWritten, putInFreePlace } from '../../system/place.ts';
import { isThere } from '../../system/read-bounded.ts';
import { whileUnfinished } from '../../system/unfinished.ts';
import { readDatabaseFacts, type BackupFacts, type TakenBackup } from './backup-facts.ts';
import { keepNewest } from './backup-retention.ts';
import { checkPlace } from './backup-place.ts';
import { backupSource, sayWhatBecame, type BackupSource } from './backup-source.ts';
import { readBackups } from './backups.ts';
import { checksum, filesOf, sizeOf } from '../../dump/checksum.ts';
import { checkSpace, expectedSize } from './disk-space.ts';
import { contentsOf, readArchive, type ReadArchive } from '../../dump/read/read-archive.ts';
import { decodeCustom, named } from '../../dump/dump-file.ts';
import { Meter } from '../../output/meter.ts';
import { withSeal } from './seal.ts';
import { removeUnfinished, unfinishedName } from './unfinished-backups.ts';
import type { Giving } from '../../parameters/parameter.ts';
import { dumpFailed } from '../../stack/pg-dump/dump-failed.ts';

/** `backup`: takes a verified backup, and with KEEP removes older ones. */
export async function backup(
  run: StackRun<Giving<{ BACKUP_DIR: string; KEEP: number | undefined; JOBS: number }>>,
): Promise<void> {
  const { stack, environment, terminal, actor, values, command } = run;
  const folder = resolve(values.BACKUP_DIR);
  const { JOBS: jobs } = values;
  const format = jobs > 1 ? `--format=directory --jobs=${jobs}` : '--format=custom';
  const file = fileFor(run, folder, new Date());
  const plan = `pg_dump ${format} ${stack.database.name} > ${relative('', file)}`;
  const taken = await actor.act(plan, () => takeBackup(run, folder, jobs));
  const { KEEP: keep } = values;
  if (keep !== undefined) await keepNewest(run, folder, keep, taken);
  if (!taken) return;
  const { facts } = taken;
  const what = `${relative('', taken.file)} (${byteSize(facts.size)}, ${counted(facts.tables, 'table')})`;
  terminal.ok(`${facts.database} of ${environment.name} is in ${what}, and was read back to its end`);
  terminal.result(relative('', taken.file));
  terminal.next(command('backups', { ENV: environment.name }));
}

/**
 * Takes a dump with pg_dump of the server's version, reads it back completely, and writes its facts. Dump and facts get
 * their final names only when both are complete.
 *
 * @param jobs more than one: directory format
 * @throws RefusedError if the folder is in the storage of the database
 * @throws FailedError if the disk has not enough space, pg_dump fails, or the dump cannot be read back; nothing is left
 * then
 */
export async function takeBackup(run: StackRun, folder: string, jobs = 1): Promise<TakenBackup> {
  const { stack, environment } = run;
  const time = new Date();
  lookAtFolder(folder, 'BACKUP_DIR', 'backups', run.root);
  await checkPlace(run, folder);
  await removeUnfinished(folder);
  const unverified = unfinishedName(fileFor(run, folder, time));
  try {
    const source = await backupSource(run);
    const about = await source.withClient(stack.database.name, readDatabaseFacts);
    const earlier = readBackups(folder).find(
      ({ facts }) => facts.environment === environment.name && facts.database === about.database,
    );
    const needed = expectedSize(about.databaseSize, earlier?.facts);
    await checkSpace(folder, needed);

    return await whileUnfinished(
      `an unfinished file in ${folder}, which the next backup removes`,
      async () => {
        const format = jobs > 1 ? 'directory' : 'custom';
        const { archive, sha256 } =
          format === 'custom'
            ? await takeFile(run, source, unverified)
            : await takeFolder(run, unverified, jobs, needed);
        await sayWhatBecame(run, source);
        const facts: BackupFacts = await withSeal(stack, {
          ...{ environment: environment.name, ...about, format, tables: archive.tables },
          ...{
            rows: rowsOf(archive),
            contents: archive.contents,
            size: sizeOf(unverified),
            sha256,
            time: time.toISOString(),
            ...(source.standby && { standby: source.standby }),
          },
        });
        run.signal.throwIfAborted();
        await writeWhole(`${unverified}.json`, 0o600, (output) => {
          output.write(`${JSON.stringify(facts, null, 2)}\n`);
        });
        const file = putUnderItsName(run, folder, time, unverified);
        await flushFolder(folder);
        return { file, facts };
      },
    );
  } catch (error) {
    for (const half of [unverified, `${unverified}.json`])
      await rm(half, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Gives dump and facts their final names. The facts come first: a dump without facts is no backup. Tries the next name
 * if another task takes the same name within the same second.
 */
function putUnderItsName(run: StackRun, folder: string, time: Date, unverified: string): string {
  for (;;) {
    const file = fileFor(run, folder, time);
    try {
      putInFreePlace(`${unverified}.json`, `${file}.json`);
      try {
        putInFreePlace(unverified, file);
        return file;
      } catch (error) {
        renameSync(`${file}.json`, `${unverified}.json`);
        throw error;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw cannotBeWritten(file, error);
    }
  }
}

/** A name that is free: `vm_prod_core_20260401_093000.dump`. */
function fileFor({ stack, environment }: StackRun, folder: string, time: Date): string {
  const stamp = time.toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');
  // Database names may contain characters that file names may not.
  const database = stack.database.name.replaceAll(/[/\0]/g, '_');
  const name = `${environment.name}_${database}_${stamp}`;
  for (let count = 1; ; count++) {
    const file = join(folder, `${name}${count === 1 ? '' : `_${count}`}.dump`);
    if (![file, `${file}.json`].some(isThere)) return file;
  }
}

/** Rows of each table that pg_dump dumped as COPY. */
const rowsOf = ({ brings }: ReadArchive): Record<string, number> =>
  Object.fromEntries(
    [...brings.tables].flatMap(([table, data]) => (typeof data === 'number' ? [[table, data]] : [])),
  );

async function takeFolder(run: StackRun, path: string, jobs: number, needed: number): Promise<ReadBack> {
  const { stack, terminal } = run;
  await stack.dumpDirectory(jobs, path, new Meter(terminal, `backing up ${stack.database.name}`), needed);
  await flush(path);
  const sha256 = await onDisk(run, path);
  const archive = await readable(readArchive({ path, kind: 'directory', gzip: false }));
  return { archive, sha256 };
}

/**
 * Dumps in custom format. The data are decompressed while they are written; afterwards a checksum proves that the disk
 * returns the same bytes.
 */
async function takeFile(run: StackRun, source: BackupSource, path: string): Promise<ReadBack> {
  const { stack, terminal, signal } = run;
  const meter = new Meter(terminal, `backing up ${stack.database.name}`);
  const compression = await stack.compression();
  const compress = compression === undefined ? [] : [`--compress=${compression}`];
  const copy = new PassThrough();
  const archive = readable(contentsOf((see) => decodeCustom(copy, see)).finally(() => copy.destroy()));
  archive.catch(() => {});
  await writeWhole(path, 0o600, async (output) => {
    const ended = source.dump(['--format=custom', ...compress], meter);
    const flow = pipeline(meter, (bytes: Readable) => alsoInto(copy, bytes), output, { signal });
    const [dumped, written] = await Promise.allSettled([ended, flow]);
    // A full disk also makes pg_dump fail; the disk is the cause.
    if (written.status === 'rejected') throw written.reason;
    if (dumped.status === 'rejected') throw dumped.reason;
    const { status, stderr } = dumped.value;
    if (status !== 0) throw dumpFailed({ status, stderr }, 'no backup was made');
  });
  const read = await archive;
  const { sha256 } = meter;
  if ((await onDisk(run, path)) !== sha256)
    throw new FailedError(`the disk gives back something else than pg_dump wrote (${path})`);
  return { archive: read, sha256 };
}

/** Passes bytes on, and a copy to a second reader. The slower one of the two sets the speed. */
async function* alsoInto(copy: PassThrough, bytes: Readable): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      // The second reader stops if the bytes are no dump.
      if (!copy.destroyed) await new Promise<void>((taken) => copy.write(chunk, () => taken()));
      yield chunk;
    }
  } finally {
    copy.end();
  }
}

/** Flushes all files to the disk, so that the backup survives a power failure. */
async function flush(folder: string): Promise<void> {
  await chmod(folder, 0o700);
  for (const path of [...filesOf(folder).map((file) => join(folder, file)), folder]) {
    const handle = await open(path);
    await handle.sync().finally(() => handle.close());
  }
}

interface ReadBack {
  readonly archive: ReadArchive;
  readonly sha256: string;
}

/** SHA-256 of what the disk returns. */
async function onDisk({ terminal }: StackRun, path: string): Promise<string> {
  const sha256 = await checksum(path, new Meter(terminal, 'reading it back', sizeOf(path)));
  terminal.clear();
  return sha256;
}

const readable = (reading: Promise<ReadArchive>): Promise<ReadArchive> =>
  named(() => reading).catch((error: unknown) => {
    throw new FailedError(`the backup cannot be read back: ${messageOf(error)}`, { cause: error });
  });
