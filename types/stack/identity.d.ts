/** Which database it is, whatever it is called by now: what the guard has shown, and each statement on it asserts. */
export interface DatabaseIdentity {
  /** Of the server's data directory: initdb makes it, and no two have the same. Null when the role may not read it. */
  readonly systemIdentifier: string | null;
  /** Another one after the database is dropped and made anew. */
  readonly oid: string;
  readonly name: string;
  /** The environment that its comment marks it for; null while it is not marked. */
  readonly marker: string | null;
}
