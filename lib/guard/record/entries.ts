import { closeSync, constants, fsyncSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../system/process.ts';
import type { Redactor } from '../../output/redact.ts';
import { isThere, readTailIfThere } from '../../system/read-bounded.ts';
import { isCut, openJournal, unusable } from './journal-file.ts';
import { isEntry, type Start, type Entry } from './entry.ts';

const folderOf = (root: string): string => join(root, 'journal');
export const journalFile = (root: string, environment: string): string =>
  join(folderOf(root), `${environment}.jsonl`);

/**
 * Appends a line, on disk before this returns. What stands in the file is never rewritten; a line that a crash has cut
 * is closed by a line break, so that ours is whole.
 *
 * @throws RefusedError when it cannot be written: what is not on record is not done
 */
export function append(file: string, entry: Entry, redactor: Redactor): void {
  const line = JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === 'string' ? redactor.redact(value) : value,
  );
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openJournal(file, constants.O_CREAT);
    try {
      // Unlike writeSync, to its end: on a full disk that writes a part, and says nothing.
      writeFileSync(descriptor, `${isCut(descriptor) ? '\n' : ''}${line}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unusable('written', file, error);
  }
}

/** Bytes of a journal that are read, from its end: some ten thousand runs. */
const MOST = 16 << 20;

interface Journal {
  readonly entries: Entry[];
  /** How many lines cannot be read. */
  readonly cut: number;
  /** The number of the first of them; counted from the first line that was read. */
  readonly firstCut?: number;
  /** Bytes in front that were not read, if any. */
  readonly skipped?: number;
}

/**
 * The lines of a journal in their order; of one that is larger than any that was seen, the last ones.
 *
 * @throws UnreadableError naming the file
 */
export function readJournal(file: string): Journal {
  const tail = readTailIfThere(file, { most: MOST });
  if (tail === undefined) return { entries: [], cut: 0 };
  const entries: Entry[] = [];
  const cut: number[] = [];
  tail.text.split('\n').forEach((line, index) => {
    if (line === '') return;
    const entry = parsed(line);
    if (isEntry(entry)) entries.push(entry);
    else cut.push(index + 1);
  });
  return {
    ...{ entries, cut: cut.length },
    ...(cut[0] === undefined ? {} : { firstCut: cut[0] }),
    ...(tail.skipped === 0 ? {} : { skipped: tail.skipped }),
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/**
 * All starts of all environments.
 *
 * @throws RefusedError when they cannot be read
 */
export function readJournals(root: string): Start[] {
  const folder = folderOf(root);
  let file = folder;
  try {
    if (!isThere(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith('.jsonl'))
      .flatMap((name) => readJournal((file = join(folder, name))).entries)
      .filter((entry) => entry.event === 'start');
  } catch (error) {
    throw unusable('read', file, error);
  }
}

/** The commit that the work tree stands on; null outside of a repository, or without git. */
export async function repositoryRevision(root: string): Promise<string | null> {
  const args = ['-C', root, 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
  try {
    const { status, stdout } = await run({ file: 'git', args });
    return status === 0 ? stdout.trim() : null;
  } catch {
    return null;
  }
}
