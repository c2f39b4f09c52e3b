import type { Duplex } from 'node:stream';
import './navigator.ts';
import pg from 'pg';
import { FailedError, MakesafeError, UnreachableError, isLost, messageOf } from '../../errors.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import { mayHang } from '../../system/cancelling.ts';
import { within } from '../../system/limit.ts';
import { LIMITS } from '../../system/limits.ts';
import { INVALID_PASSWORD } from './password.ts';
import { sayHolders } from './lock-wait.ts';
import { watchSession, type AskElsewhere } from './watch-session.ts';
import type { Login } from './login.ts';

/**
 * Starts a session on a connection that is already open.
 *
 * @param timeout milliseconds for the log-in: a server that is paused (SIGSTOP) accepts connections and never answers
 * @param elsewhere asks on another session what happened to this one while it is silent
 * @param options settings of the session, as libpq's `options`
 * @throws Error when the connection is closed already; what pg throws when the server refuses the session
 */
export async function clientOver(
  connection: Duplex,
  { user, password, database }: Login,
  timeout = LIMITS.firstAnswer.seconds * 1000,
  elsewhere?: AskElsewhere,
  options = '',
): Promise<pg.Client> {
  // It may have closed while pg was loading. Then pg would wait forever for a `close` event that is already past.
  if (connection.destroyed) throw new Error('the connection is lost');
  const client = new pg.Client({
    // Set every field: pg takes a missing one from PG* variables.
    ...{ host: 'localhost', port: 5432, user, password, database, ssl: false, options },
    ...{ connectionTimeoutMillis: timeout, application_name: 'makesafe' },
    stream: () =>
      Object.assign(connection, {
        // What pg expects of a socket.
        connect: () => setImmediate(() => connection.emit('connect')),
        setNoDelay: () => connection,
        setKeepAlive: () => connection,
        ref: () => connection,
        unref: () => connection,
      }),
  });
  // Without a listener, losing the connection between two queries ends this process.
  client.on('error', () => {});
  connection.once(
    'close',
    mayHang((reason) => connection.destroy(reason)),
  );
  await whileWaitingFor(LIMITS.firstAnswer.what, client.connect());
  const end = client.end.bind(client);
  // A server that is gone never confirms the end.
  client.end = async () => within(LIMITS.goodbye, end(), { end: () => connection.destroy() }).catch(() => {});
  if (elsewhere) {
    watchSession(client, connection, elsewhere);
    sayHolders(client, connection, elsewhere);
  }
  return client;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const NO_SUCH_DATABASE = '3D000';

/** A violated protocol. pgbouncer gives this code to all that it refuses, and to what the server refuses it. */
const OF_POOLER = '08P01';
const SAID_BY_POOLER: readonly (readonly [words: RegExp, state: string])[] = [
  [/\b(?:password|SASL) authentication failed\b/, INVALID_PASSWORD],
  [/\bdatabase ".*" does not exist\b/, NO_SUCH_DATABASE],
];

/** The SQLSTATE of a session that was refused, also by a pooler. */
export const stateOf = ({ code, message = '' }: Partial<pg.DatabaseError>): string | undefined =>
  (code === OF_POOLER ? SAID_BY_POOLER.find(([words]) => words.test(message))?.[1] : undefined) ?? code;

/** What a person does when the server refuses a session, by SQLSTATE. */
const REMEDIES: Readonly<Record<string, (database: string, up: string | undefined) => string | undefined>> = {
  '28000': () => 'POSTGRES_USER has to be a role that the server knows, and lets in from here (pg_hba.conf)',
  '28P01': () => 'POSTGRES_PASSWORD has to be the password of that role',
  '42501': (database) => `have its owner type: GRANT CONNECT ON DATABASE ${quoted(database)} TO <role>`,
  '53300': () => 'all connections are taken: end some, then type this again',
  [NO_SUCH_DATABASE]: (_database, up) => up,
  '55000': (database, up) => {
    const byHand = `open it, from another database of the server: ALTER DATABASE ${quoted(database)} ALLOW_CONNECTIONS true`;
    return up === undefined
      ? byHand
      : `${up} (opens it where a run that was cut has closed it)\nelse ${byHand}`;
  },
};
const quoted = (name: string): string => pg.escapeIdentifier(name);

/**
 * The error to show for a client that could not connect.
 *
 * @param about what the caller knows besides the error
 */
export function connectionError(
  error: unknown,
  database: string,
  about: {
    readonly said?: string;
    readonly otherPassword?: (cause: unknown) => Error;
    /** The command that creates the environment's database if it does not exist, and opens it if a run of ours has closed it. */
    readonly make?: string | undefined;
  } = {},
): Error {
  if (error instanceof MakesafeError) return error;
  if (!(error instanceof pg.DatabaseError) || isLost(error)) {
    return new UnreachableError(`the database does not answer: ${about.said || messageOf(error)}`, {
      cause: error,
    });
  }
  const state = stateOf(error);
  if (state === INVALID_PASSWORD && about.otherPassword) return about.otherPassword(error);
  const hint = REMEDIES[state ?? '']?.(database, about.make);
  return new FailedError(`the server refuses database ${database}: ${messageOf(error)}`, {
    cause: error,
    ...(hint === undefined ? {} : { hint }),
  });
}
