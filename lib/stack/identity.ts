/**
 * Identifies a database even after it is renamed. The guard shows it, and each statement on the database asserts that
 * it is still the same.
 */
export interface DatabaseIdentity {
  /** Of the server's data directory: initdb generates it, unique for each one. Null when the role may not read it. */
  readonly systemIdentifier: string | null;
  /** Of the server; increases when another server of a cluster becomes the primary. Null if the server does not tell. */
  readonly timeline: number | null;
  /** Changes when the database is dropped and created again. */
  readonly oid: string;
  readonly name: string;
  /** The environment that the database's comment names (postgres/marker.ts); null while it names none. */
  readonly marker: string | null;
}
