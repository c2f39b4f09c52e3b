/**
 * The names and the mark of the databases that stand beside another one while it is replaced, or after that. The mark
 * is what makes them ours: a database of somebody else may have any name.
 */

/**
 * - new: being made, to take the place of `of`
 * - closed: `of` itself, closed to new sessions just before the swap
 * - former: what was in the place of `of`, to be dropped
 * - kept: the same on a protected environment, kept until somebody removes it
 */
type AsideKind = 'new' | 'closed' | 'former' | 'kept';

export interface Mark {
  readonly kind: AsideKind;
  /** The database that it stands beside. */
  readonly of: string;
  /** What made it: "a reset of 14:03". */
  readonly what: 'reset' | 'restore' | 'undo' | 'drill';
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Of an old one: whether it was a template, which could not be dropped. */
  readonly template?: boolean;
}

const PREFIX = 'makesafe.aside=';

/**
 * A database's comment with a mark. The mark is the first line, because the environment's own marker is the last.
 */
export function writeMark(comment: string | null, mark: Mark): string {
  const line = PREFIX + JSON.stringify(mark);
  return comment === null ? line : `${line}\n${comment}`;
}

/** The mark in a comment, if there is one, and the comment without it. */
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
 * A connection limit that nobody would choose ("make" in ASCII), and which no server reaches. CREATE DATABASE cannot
 * write a comment; this is how a database is known that a run was killed behind.
 */
export const CREATED_BY_US = 0x6d616b65;

/** An interrupted DROP leaves this; nothing but DROP works then. */
export const INVALID = -2;

export const newName = (name: string): string => besides(name, '__new');
export const formerName = (name: string): string => besides(name, '__old');

/** `core__old_20261123_140300`, in UTC. */
export const keptName = (name: string, since: Date): string => besides(name, `__old_${stamp(since)}`);

/**
 * What is about to be dropped gets a name that nobody has heard of, because DROP DATABASE knows names only and runs in no
 * transaction: `core__gone_2026-11-23T14:03:00.123Z`.
 */
export const goneName = (name: string, time: Date): string => besides(name, `__gone_${time.toISOString()}`);
export const isGoneName = (name: string): boolean => /__gone_\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(name);

const stamp = (time: Date): string =>
  time.toISOString().slice(0, 19).replace('T', '_').replaceAll(/[-:]/g, '');

/** `name` with a suffix, cut to the 63 bytes that a name may have, between characters. */
export function besides(name: string, suffix: string): string {
  let cut = name;
  while (Buffer.byteLength(cut + suffix) > 63 || cut + suffix === name) cut = [...cut].slice(0, -1).join('');
  return cut + suffix;
}
