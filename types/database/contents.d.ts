import type { Client } from 'pg';
/** What is in a database, as its server tells it without reading a row of a table. */
export interface Contents {
  readonly serverVersion: string;
  /** Of the data directory: initdb makes it, and no two have the same. Null when the role may not read it. */
  readonly systemIdentifier: string | null;
  /** Null when the role may not read it. */
  readonly dataDirectory: string | null;
  /** Changes when the database is dropped and made anew. */
  readonly oid: string;
  /** Bytes. */
  readonly size: number;
  readonly tables: number;
  /** As the statistics have them. */
  readonly rows: number;
  readonly revisions: readonly string[];
  /** Of a session or a scan of a table; null when nothing is known. */
  readonly lastActivity: Date | null;
  /** Seconds since then, by the server's own clock. */
  readonly idle: number | null;
  /** Other sessions, by application. */
  readonly sessions: Readonly<Record<string, number>>;
  /** Bytes of all databases in the storage. */
  readonly storageSize: number;
  /** The environments that the databases of this server are marked for. */
  readonly markers: Readonly<Record<string, string>>;
}
/** What tells a database from all others. */
export type Identity = Pick<Contents, 'systemIdentifier' | 'dataDirectory' | 'oid' | 'markers'>;
/** The contents of the database that the client is connected to. */
export declare function readContents(client: Client): Promise<Contents>;
/** The part of them by which it is known again, without reading sizes or statistics. */
export declare function readIdentity(client: Client): Promise<Identity>;
/** What a server tells of itself, whichever database the client is connected to. */
export declare function readServer(client: Client): Promise<Pick<Contents, 'dataDirectory' | 'markers'>>;
/** The environments that the databases of the client's server are marked for, by database. */
export declare const readMarkers: (client: Client) => Promise<Contents['markers']>;
