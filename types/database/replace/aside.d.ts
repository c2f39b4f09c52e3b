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
export type AsideKind = 'new' | 'closed' | 'former' | 'kept';
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
/**
 * A database's comment with a mark. The mark is the first line, because the environment's own marker is the last.
 */
export declare function writeMark(comment: string | null, mark: Mark): string;
/** The mark in a comment, if there is one, and the comment without it. */
export declare function readMark(comment: string | null): {
  mark: Mark | undefined;
  comment: string | null;
};
/**
 * A connection limit that nobody would choose ("make" in ASCII), and which no server reaches. CREATE DATABASE cannot
 * write a comment; this is how a database is known that a run was killed behind.
 */
export declare const CREATED_BY_US = 1835101029;
/** An interrupted DROP leaves this; nothing but DROP works then. */
export declare const INVALID = -2;
export declare const newName: (name: string) => string;
export declare const formerName: (name: string) => string;
/** `core__old_20261123_140300`, in UTC. */
export declare const keptName: (name: string, since: Date) => string;
/**
 * What is about to be dropped gets a name that nobody has heard of, because DROP DATABASE knows names only and runs in no
 * transaction: `core__gone_2026-11-23T14:03:00.123Z`.
 */
export declare const goneName: (name: string, time: Date) => string;
export declare const isGoneName: (name: string) => boolean;
/** `name` with a suffix, cut to the 63 bytes that a name may have, between characters. */
export declare function besides(name: string, suffix: string): string;
