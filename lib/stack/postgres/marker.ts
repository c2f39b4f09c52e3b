/**
 * The marker is the environment's name in the last line of the database's comment. The comment is in a shared catalog
 * (pg_shdescription), so makesafe reads it without connecting to the database. The owner may write it; dumps leave it
 * out.
 *
 * @see https://www.postgresql.org/docs/current/sql-comment.html
 */
const MARKER = /(?:^|\n)makesafe\.environment=([a-z0-9][a-z0-9_-]*)\s*$/;

/** The environment's name in a comment, if it has a marker. */
export const markerOf = (comment: string | null): string | undefined => comment?.match(MARKER)?.[1];

/** The part of a comment before the marker, which people may have written. */
export const withoutMarker = (comment: string | null): string => (comment ?? '').replace(MARKER, '');

/** Sets or replaces the marker of a comment; the text before it stays. */
export function withMarker(comment: string | null, environment: string): string {
  const text = withoutMarker(comment);
  return `${text === '' ? '' : `${text}\n`}makesafe.environment=${environment}`;
}
