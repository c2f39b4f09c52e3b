/**
 * The marker is the environment's name in the last line of the database's comment. It lives in the catalog that all
 * databases of a server share, so it is read without entering the database; its owner may write it; dumps leave it out.
 *
 * @see https://www.postgresql.org/docs/current/sql-comment.html
 */
const MARKER = /(?:^|\n)makesafe\.environment=([a-z0-9][a-z0-9_-]*)\s*$/;

/** The environment that a comment marks its database for. */
export const markerOf = (comment: string | null): string | undefined => comment?.match(MARKER)?.[1];

/** What somebody wrote in front of the marker. */
export const withoutMarker = (comment: string | null): string => (comment ?? '').replace(MARKER, '');

/** The comment with this marker instead of its own; text in front of it stays. */
export function withMarker(comment: string | null, environment: string): string {
  const text = withoutMarker(comment);
  return `${text === '' ? '' : `${text}\n`}makesafe.environment=${environment}`;
}
