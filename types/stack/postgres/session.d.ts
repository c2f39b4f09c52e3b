import type { Duplex } from 'node:stream';
import type pg from 'pg';
import type { Login } from './login.ts';
import type { AskElsewhere } from './watch-session.ts';
/**
 * Whose settings hold in a session: ours; those that role and database have, for the team's own scripts and tasks; or
 * those, but for limits that would end a restore half-way, for a file that is restored.
 */
export type SettingsOf = 'makesafe' | 'database' | 'file';
/** Who works in a session, where it is not the environment's own role for makesafe. */
export interface SessionAs extends Partial<Credentials> {
  /** Those of the database for another role. */
  readonly settings?: SettingsOf;
}
export interface SessionOptions {
  readonly as?: SessionAs | undefined;
  /** Milliseconds for the server to let us in, where it is not the usual limit. */
  readonly timeout?: number | undefined;
  /** Another session, to find out there what has become of this one while it is silent. */
  readonly elsewhere?: AskElsewhere | undefined;
  /** What tells the server from others, so that what it does not know is found out once. */
  readonly server: string;
}
/**
 * The one place that opens sessions. In one of ours no setting of server, database or role counts, and it is made sure
 * of that.
 *
 * @param connect gives a connection that stands; once more where the server is found to be an older one
 * @throws FailedError when a setting cannot be pinned; what pg says when the server does not let us in
 */
export declare function openSession(
  connect: () => Duplex | Promise<Duplex>,
  usual: Login,
  {
    as: { settings, ...as },
    timeout,
    elsewhere,
    server,
  }: SessionOptions,
): Promise<pg.Client>;
/**
 * Pins all settings of a session that stands, also of one that somebody has used.
 *
 * @throws FailedError when one of them does not hold
 */
export declare function pin(client: pg.Client): Promise<void>;
/** Who connects. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}
