import type { Redactor } from '../../output/redact.ts';
import { type Start, type Entry } from './entry.ts';
export declare const journalFile: (root: string, environment: string) => string;
/**
 * Appends a line, on disk before this returns. What stands in the file is never rewritten; a line that a crash has cut
 * is closed by a line break, so that ours is whole.
 *
 * @throws RefusedError when it cannot be written: what is not on record is not done
 */
export declare function append(file: string, entry: Entry, redactor: Redactor): void;
export interface Journal {
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
export declare function readJournal(file: string): Journal;
/**
 * All starts of all environments.
 *
 * @throws RefusedError when they cannot be read
 */
export declare function readJournals(root: string): Start[];
/** The commit that the work tree stands on; null outside of a repository, or without git. */
export declare function repositoryRevision(root: string): Promise<string | null>;
