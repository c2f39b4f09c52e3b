import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { RefusedError, messageOf } from '../errors.ts';
import type { Origin } from '../params.ts';
import { run } from '../process.ts';
import type { Redactor } from '../redact.ts';
import type { Storage } from '../stack/stack.ts';

/** The line that is written before the deed. */
export interface Start {
  readonly event: 'start';
  /** The same in the line of the end. */
  readonly run: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly user: string;
  readonly host: string;
  readonly environment: string;
  /** The alias that was typed. */
  readonly typed?: string;
  readonly task: string;
  readonly parameters: Readonly<Record<string, { readonly value: unknown; readonly origin: Origin }>>;
  readonly target: JournalTarget;
  /** Names of the checks that were passed, in order. */
  readonly checks: readonly string[];
  /** File of the backup that was taken or found; `skip`, or null where none is asked for. */
  readonly backup: string | null;
  /** Commit of this repository, with `-dirty` where files differ from it. */
  readonly revision: string | null;
}

export interface End {
  readonly event: 'end';
  readonly run: string;
  readonly time: string;
  readonly outcome: 'done' | 'failed' | 'cancelled';
  readonly error?: string;
  readonly seconds: number;
}

export type Entry = Start | End;

export interface JournalTarget {
  readonly engine: string;
  readonly host: string;
  readonly project: string;
  readonly server: string | null;
  readonly storage: Storage;
  readonly database: string;
  readonly systemIdentifier: string | null;
  readonly size: number | null;
  readonly tables: number | null;
  readonly rows: number | null;
  readonly revisions: readonly string[] | null;
}

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
    const cut = existsSync(file) && !/(^|\n)$/.test(readFileSync(file, 'utf8').slice(-1));
    const descriptor = openSync(file, 'a', 0o600);
    try {
      // Unlike writeSync, to its end: on a full disk that writes a part, and says nothing.
      writeFileSync(descriptor, `${cut ? '\n' : ''}${line}\n`);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw unusable('written', error);
  }
}

const unusable = (how: 'written' | 'read', error: unknown): RefusedError =>
  new RefusedError(`the journal cannot be ${how}: ${messageOf(error)}`, {
    hint: 'what cannot go on record is not done; look at the folder journal, and at the room on its disk',
    cause: error,
  });

/** The lines of a journal in their order, and how many of them cannot be read. */
export function readJournal(file: string): { entries: Entry[]; cut: number } {
  if (!existsSync(file)) return { entries: [], cut: 0 };
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  const entries = lines.flatMap((line) => {
    try {
      const entry = JSON.parse(line) as Partial<Entry> | null;
      return typeof entry?.run === 'string' ? [entry as Entry] : [];
    } catch {
      return [];
    }
  });
  return { entries, cut: lines.length - entries.length };
}

/**
 * All starts of all environments.
 *
 * @throws RefusedError when they cannot be read
 */
export function readJournals(root: string): Start[] {
  const folder = folderOf(root);
  if (!existsSync(folder)) return [];
  try {
    return readdirSync(folder)
      .filter((file) => file.endsWith('.jsonl'))
      .flatMap((file) => readJournal(join(folder, file)).entries)
      .filter((entry) => entry.event === 'start');
  } catch (error) {
    throw unusable('read', error);
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
