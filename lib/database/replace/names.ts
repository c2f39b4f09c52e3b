import { createHash } from 'node:crypto';

/**
 * The names and the mark of databases that exist next to another one while it is replaced, or afterwards. Only the mark
 * makes a database ours: a database of somebody else may have any name.
 */

/**
 * - new: the staging database, which is going to replace `of`
 * - closed: `of` itself, closed to new connections just before the swap
 * - former: the old database after the swap, to be dropped
 * - kept: the same on a protected environment, kept until a person removes it
 * - saved: a copy that a person has made with `db-save-env`
 * - spare: a second copy of a saved one, which the next `db-load-env` only renames
 * - made: what a rebuild has made from nothing, kept for the next one
 */
type MarkKind = 'new' | 'closed' | 'former' | 'kept' | 'saved' | 'spare' | 'made';

/** What a file of a made one is named after, and what has to be equal where the file is taken. */
interface MarkOfFile {
  readonly label: string;
  readonly attributes: string;
  /** What making it from nothing has taken. Undefined: not known. */
  readonly seconds?: number;
}

export interface Mark {
  readonly kind: MarkKind;
  /** The environment's database that this one belongs to. */
  readonly of: string;
  /** The task that created it, for messages: "a reset of 14:03". */
  readonly what: 'reset' | 'restore' | 'undo' | 'drill' | 'save' | 'load' | 'rebuild' | 'downgrade';
  /** Start of that task: ISO 8601, UTC. */
  readonly since: string;
  /** Of an old database: whether it was a template. It no longer is one, because a template cannot be dropped. */
  readonly template?: boolean;
  /** Of a saved copy and its spare: the name that a person gave it. Of a made one: the key of what it was made of. */
  readonly label?: string;
  /** Of a saved, spare or made one: the Alembic revisions that it is at. */
  readonly revisions?: readonly string[];
  /** Of a made one: its number among those of one key. */
  readonly copy?: number;
  /** Of a made one: the files that revisions have read while they ran; they belong to the key. */
  readonly late?: readonly string[];
  /** Of a made one with the rows of the registry's seed: SHA-256 of its file. */
  readonly seed?: string | undefined;
  /** Of a made one: what a file of it is named after, and what has to be equal where the file is taken. */
  readonly file?: MarkOfFile | undefined;
  /** Of a made one: what the server had beside it when it was made, which has to be there still. See `readGlobals`. */
  readonly globals?: readonly string[];
  /** Of a made one: the repository whose checkouts may copy it. */
  readonly repository?: string | undefined;
}

const PREFIX = 'makesafe.aside=';

/** A database's comment with a mark. The mark is the first line, because the environment's marker is the last one. */
export function writeMark(comment: string | null, mark: Mark): string {
  const line = PREFIX + JSON.stringify(mark);
  return comment === null ? line : `${line}\n${comment}`;
}

/** The mark in a comment, if there is one, and the comment without it. A mark that is not valid JSON is no mark. */
export function readMark(comment: string | null): { mark: Mark | undefined; comment: string | null } {
  if (!comment?.startsWith(PREFIX)) return { mark: undefined, comment };
  const end = comment.indexOf('\n');
  const line = end < 0 ? comment : comment.slice(0, end);
  try {
    const mark = JSON.parse(line.slice(PREFIX.length)) as Mark;
    return { mark, comment: end < 0 ? null : comment.slice(end + 1) };
  } catch {
    return { mark: undefined, comment };
  }
}

/**
 * A connection limit that nobody chooses ("make" in ASCII) and no server reaches. CREATE DATABASE cannot set a comment;
 * this limit identifies a database whose run was killed before it wrote the mark.
 */
export const CREATED_BY_US = 0x6d616b65;

/** The connection limit that an interrupted DROP DATABASE leaves: then only DROP works. */
export const INVALID = -2;

/** The name of the staging database: `core__new`. */
export const newName = (name: string): string => withSuffix(name, '__new');
/** The name of the old database after the swap: `core__old`. */
export const formerName = (name: string): string => withSuffix(name, '__old');

/** What databases are called that `drop` has renamed, or may have, by the name that they had. */
const renamed = new Map<string, string>();
export const nowCalled = (name: string, now: string): void => void renamed.set(name, now);
/** The name by which a person finds a database that was to be dropped, and is still there. */
export const nameNow = (name: string): string => renamed.get(name) ?? name;

/** `core__old_20261123_140300`, in UTC. */
export const keptName = (name: string, since: Date): string => withSuffix(name, `__old_${stamp(since)}`);

/**
 * The name just before DROP DATABASE: `core__gone_2026-11-23T14:03:00.123Z`. DROP DATABASE accepts only a name and runs
 * in no transaction, so the database first gets a name that nobody else knows.
 */
export const goneName = (name: string, time: Date): string =>
  withSuffix(name, `__gone_${time.toISOString()}`);
/** Whether `goneName` made this name. */
export const isGoneName = (name: string): boolean => /__gone_\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(name);

/** The name of a saved copy: `core__save_before-orders`. */
export const saveName = (name: string, label: string): string => withSuffix(name, `__save_${label}`);

/** The name of the spare of a saved copy: `core__spare_before-orders`. */
export const spareName = (name: string, label: string): string => withSuffix(name, `__spare_${label}`);

/** What is in a made database, in hexadecimal digits: those of one state are copies of each other. */
export const stateOf = ({ label = '', seed }: Pick<Mark, 'label' | 'seed'>): string =>
  seed === undefined ? label : createHash('sha256').update(`${label} ${seed}`).digest('hex');

/** The name of a made database: `core__made_1f2e3d4c_1`. */
export const madeName = (name: string, mark: Pick<Mark, 'label' | 'seed' | 'copy'>): string =>
  withSuffix(name, `__made_${stateOf(mark).slice(0, 8)}_${mark.copy ?? 0}`);

const stamp = (time: Date): string =>
  time.toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');

/** `name` with a suffix. `name` is cut, between characters, so that the result fits into 63 bytes (NAMEDATALEN - 1). */
export function withSuffix(name: string, suffix: string): string {
  let cut = name;
  while (Buffer.byteLength(cut + suffix) > 63 || cut + suffix === name) cut = [...cut].slice(0, -1).join('');
  return cut + suffix;
}
