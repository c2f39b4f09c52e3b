import { closeSync, constants, fsyncSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../system/process.ts';
import type { Redactor } from '../../output/redact.ts';
import { isThere, readTailIfThere } from '../../system/read-bounded.ts';
import { isCut, openJournal, unusable } from './journal-file.ts';
import { isEntry, type Start, type JournalEntry } from './entry.ts';

const folderOf = (root: string): string => join(root, 'journal');
/** The path of an environment's journal. */
export const journalFile = (root: string, environment: string): string =>
  join(folderOf(root), `${environment}.jsonl`);

/**
 * Appends a line and syncs it to disk before it returns. Never rewrites an existing line. If a crash cut the last line
 * short, closes it with a line break first.
 *
 * @throws RefusedError if the line cannot be written
 */
export function append(file: string, entry: JournalEntry, redactor: Redactor): void {
  const line = JSON.stringify(entry, (_key, value: unknown) =>
    typeof value === 'string' ? redactor.redact(value) : value,
  );
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const descriptor = openJournal(file, constants.O_CREAT);
    try {
      // Not writeSync: on a full disk it writes only a part and reports no error.
      writeFileSync(descriptor, `${isCut(descriptor) ? '\n' : ''}${line}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unusable('written', file, error);
  }
}

/** Bytes that are read from the end of a journal: about ten thousand runs. */
const MOST = 16 << 20;

interface Journal {
  readonly entries: JournalEntry[];
  /** The number of lines that are not valid entries. */
  readonly cut: number;
  /** The line number of the first of them, counted from the first line that was read. */
  readonly firstCut?: number;
  /** Bytes at the start that were not read, if any. */
  readonly skipped?: number;
}

/**
 * The entries of a journal, in order. Of a very large journal, only the last ones.
 *
 * @throws UnreadableError naming the file
 */
export function readJournal(file: string): Journal {
  const tail = readTailIfThere(file, { most: MOST });
  if (tail === undefined) return { entries: [], cut: 0 };
  const entries: JournalEntry[] = [];
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
 * The start entries of all environments.
 *
 * @throws RefusedError if a journal cannot be read
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

/** The checked-out commit; null outside of a git repository, or without git. */
export async function repositoryRevision(root: string): Promise<string | null> {
  const args = ['-C', root, 'describe', '--always', '--dirty', '--abbrev=40', '--exclude=*'];
  try {
    const { status, stdout } = await run({ file: 'git', args });
    return status === 0 ? stdout.trim() : null;
  } catch {
    return null;
  }
}
