import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { readDatabaseFacts } from '../../../database/backup/backup-facts.ts';
import { otherGlobals } from '../../../database/globals.ts';
import type { Mark } from '../../../database/replace/names.ts';
import { inStaging } from '../../../database/replace/staging.ts';
import {
  fileName,
  folderOf,
  mostBytes,
  readFiles,
  tidyFiles,
  writeMark,
} from '../../../database/saves/made-files.ts';
import { asFiles, type Saved } from '../../../database/saves/saved.ts';
import { readSizeAndVersion } from '../../../database/saves/copy-database.ts';
import { checksum } from '../../../dump/checksum.ts';
import { messageOf } from '../../../errors.ts';
import { byteSize } from '../../../output/display.ts';
import { Meter } from '../../../output/meter.ts';
import { dumpFailed } from '../../../stack/pg-dump/dump-failed.ts';
import { writeWhole } from '../../../system/files.ts';
import type { RebuildRun } from '../../parameters.ts';
import { contentFingerprint } from './fingerprint.ts';
import { isWorthAFile } from './worth.ts';

/** Whether what this environment's rebuilds make is written to a file. */
export const isWritten = ({ environment: { entry } }: Pick<RebuildRun, 'environment'>): boolean =>
  entry.local === true && !entry.protected;

/**
 * Behind the [ok]: writes what is kept to a file, for checkouts whose databases are on another server, unless it is there
 * or is not worth it. Nobody may open what is kept, so a copy of it is dumped. Says why if it cannot.
 *
 * @param copies what is kept of the present key
 */
export async function writeFiles(run: RebuildRun, copies: readonly Saved[]): Promise<void> {
  const { terminal, signal } = run;
  const folder = folderOf(run);
  if (folder === undefined || !isWritten(run)) return;
  const there = readFiles(run);
  const written = new Set<string>();
  for (const copy of copies) {
    const { file, seed, globals } = copy.mark;
    const path = file && join(folder, fileName({ label: file.label, seed }));
    if (path === undefined || !globals || copy.wasOpened) continue;
    // One that was written beside other globals is of no use where it would be made beside these.
    const isThere = there.some(
      (one) => one.path === path && otherGlobals(one.mark.globals, globals).length === 0,
    );
    if (isThere || written.has(path)) continue;
    if (!isWorthAFile({ seconds: file!.seconds ?? 0, size: copy.size })) continue;
    written.add(path);
    try {
      const why = await write(run, copy, { ...file!, globals, path });
      if (why !== undefined) terminal.info(`not written to a file for other checkouts: ${why}`);
    } catch (error) {
      signal.throwIfAborted();
      terminal.warn(`not written to a file for other checkouts: ${messageOf(error)}`);
    }
  }
  const { file, seed } = copies.at(-1)?.mark ?? {};
  tidyFiles(run, file && { label: file.label, seed });
}

/** @returns why it is not written */
async function write(
  run: RebuildRun,
  copy: Saved,
  {
    label,
    attributes,
    seconds = 0,
    globals,
    path,
  }: NonNullable<Mark['file']> & { readonly globals: readonly string[]; readonly path: string },
): Promise<string | undefined> {
  const { stack, root, terminal } = run;
  const most = mostBytes(run);
  if (copy.size > most) return `it is larger than ${byteSize(most)}`;
  terminal.info(
    `what was made in ${Math.round(seconds)} s (${byteSize(copy.size)}) is written to a file, for rebuilds in other checkouts of this repository`,
  );
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const { version } = await stack.withClient(stack.database.name, readSizeAndVersion);
  let why: string | undefined;
  const dump = async (staging: string): Promise<void> => {
    const { home } = await stack.withClient(staging, readDatabaseFacts);
    const lacks = [
      ...home.undumped.map(({ on }) => `privileges ${on}`),
      ...home.without.map((one) => `no ${one}`),
    ];
    if (lacks.length > 0) return void (why = `a dump does not say ${lacks.join(', ')}`);
    const meter = new Meter(terminal, 'writing the file');
    await writeWhole(path, 0o600, async (output) => {
      const [{ status, stderr }] = await Promise.all([
        stack.dump(['--format=plain'], meter, { database: staging }),
        pipeline(meter, createGzip({ level: 1 }), output),
      ]);
      if (status !== 0) throw dumpFailed({ status, stderr });
    });
    await writeMark(path, {
      ...{ ...copy.mark, label, attributes, file: undefined, checkout: root, globals, seconds },
      fingerprint: await contentFingerprint(stack, staging),
      sha256: await checksum(path),
    });
  };
  const { name, oid, comment } = copy;
  await inStaging(run, dump, {
    ...{ name, oid, comment, systemIdentifier: null },
    asFiles: asFiles(copy.size, version),
  });
  return why;
}
