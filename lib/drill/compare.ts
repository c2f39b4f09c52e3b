import { PassThrough, Readable } from 'node:stream';
import { majorVersion, type ArchiveHead, placeOf } from '../dump/archive.ts';
import { readCustom } from '../dump/dump-file.ts';
import type { TakenBackup } from '../database/backup/backup-facts.ts';
import type { Filled } from '../database/restore/fill.ts';
import { hangingOn, linksIn } from '../dump/read/links.ts';
import { counted } from '../output/display.ts';
import { failed, passed, some, type Outcome } from '../output/check-result.ts';
import { comparing } from '../schema/compare/comparing.ts';
import { titleOf } from '../schema/compare/ignore.ts';
import type { Stack } from '../stack/stack.ts';
import type { StackRun } from '../run/run.ts';
import { compareObjects } from './objects.ts';
import { dumpFailed } from '../stack/pg-dump/dump-failed.ts';

/**
 * Compares the objects of the backup with those that were restored. Definitions are compared only if the same pg_dump
 * version wrote both, in custom format, and nothing was left out; otherwise only kinds and names.
 */
export async function objectsAs(
  run: StackRun,
  staging: string,
  { file, facts }: TakenBackup,
  { entries, pgDumpVersion }: ArchiveHead,
  { leftOut, later }: Filled,
): Promise<Outcome> {
  const staged = inDatabase(run, staging);
  const restored = await tocOf(staged.stack);
  const waiting = hangingOn(linksIn(entries), later);
  const without = new Set(leftOut.map(({ place }) => place));
  const expected = entries.filter((entry) => !waiting.has(entry.id) && !without.has(placeOf(entry)));
  const { compared, differences } = compareObjects(expected, restored.entries);
  if (differences.length > 0) return failed(some(differences), 'take a new backup, and try that one');
  const [before, after] = [pgDumpVersion, restored.pgDumpVersion].map(majorVersion);
  const byName = (why: string): Outcome =>
    passed(
      `${counted(compared, 'object')}, of the same kinds and names; definitions are not compared: ${why}`,
    );
  if (facts.format === 'directory') return byName('it is in directory format');
  if (expected.length < entries.length) return byName('some are left out');
  if (before !== after) return byName(`pg_dump ${before} and ${after} may write one in two ways`);
  const comparison = await (await comparing(staged, { file }, { privileges: false })).compare();
  const found = comparison.differences
    // `subscription-copy.ts` changes the options of a subscription.
    .filter(({ kind }) => kind !== 'SUBSCRIPTION')
    .map((one) => `${titleOf(one)}: ${one.changes.join(', ') || one.class}`);
  const wrong = [...comparison.incomplete, ...found];
  if (wrong.length > 0) return failed(some(wrong), 'take a new backup, and try that one');
  return passed(`${counted(compared, 'object')}, defined as in the file`);
}

/** The same run on another database of the same server. Ignores nothing of the registry's `ignore` list. */
function inDatabase(run: StackRun, name: string): StackRun {
  const { stack, registry } = run;
  const dump: Stack['dump'] = (args, output, how) => stack.dump(args, output, { ...how, database: name });
  return {
    ...run,
    registry: { ...registry, ignore: [] },
    stack: { ...stack, database: { ...stack.database, name }, dump },
  };
}

async function tocOf(stack: Stack): Promise<ArchiveHead> {
  const chunks: Buffer[] = [];
  const output = new PassThrough().on('data', (chunk: Buffer) => chunks.push(chunk));
  const { status, stderr } = await stack.dump(['--format=custom', '--schema-only'], output);
  if (status !== 0) throw dumpFailed({ status, stderr });
  return readCustom(Readable.from(chunks));
}
