import { relative } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { keyedDigest } from './seal.ts';
import { runStatements, type ScriptError } from '../sql/run-statements.ts';
import { readTeamScript } from '../sql/team-script.ts';
import type { Environment } from '../environment/resolve.ts';
import { ConfigurationError } from '../errors.ts';
import type { Login } from './postgres/login.ts';
import { alembicHere } from './alembic/alembic-here.ts';
import { watchSilence } from '../system/attention.ts';
import { psqlHere } from './postgres/psql.ts';
import { pgDump } from './pg-dump/pg-dump.ts';
import { LIMITS } from '../system/limits.ts';
import { whileDumping } from './postgres/lock-wait.ts';
import type { SessionAs } from './postgres/session.ts';
import type { Stack, StackOptions } from './stack.ts';

/** How a server that is in no container is reached. */
export interface Reach {
  readonly login: Login;
  readonly withClient: <T>(
    database: string,
    work: (client: Client) => Promise<T>,
    as?: SessionAs,
  ) => Promise<T>;
  /** A connection without a client, for a program that speaks the protocol itself. */
  readonly connect: () => Promise<Duplex>;
  /** Where it is, in variables for the application's migrations and their driver. */
  readonly variables: () => Readonly<Record<string, string>>;
}

type Direct = Pick<
  Stack,
  | 'checkPassword'
  | 'pgDump'
  | 'compression'
  | 'dump'
  | 'dumpDirectory'
  | 'seal'
  | 'runScript'
  | 'psql'
  | 'shell'
  | 'isBuiltIn'
  | 'alembic'
>;

/** What every stack without containers does in the same way: with what npm brings, and an Alembic of this machine. */
export function direct(environment: Environment, options: StackOptions, reach: Reach): Direct {
  const { root } = environment;
  const { login, withClient } = reach;
  /** So that what is wrong is said by us, and not by the program that is about to meet it. */
  const makeSure = (): Promise<void> => withClient(login.database, () => Promise.resolve());

  return {
    // Each connection has proven it.
    checkPassword: () => Promise.resolve(),

    // The server comes without one.
    pgDump: 'bundled',
    // Compiled to WebAssembly, gzip's usual level takes most of the time of a backup, for a few per cent of its size.
    compression: () => Promise.resolve('gzip:1'),
    async dump(args, output, { settings, database = login.database } = {}) {
      await makeSure();
      const connection = await reach.connect();
      // It reads as fast as it can: silence is the server's, which has to be there.
      const watch = watchSilence({ alive: makeSure, silence: LIMITS.sessionSilence.seconds }, (reason) =>
        connection.destroy(reason),
      );
      connection.on('data', watch.heard).once('close', watch.stop);
      const dumped = pgDump(connection, { ...login, database }, args, output, settings).finally(watch.stop);
      return whileDumping((question) => withClient(login.database, question), dumped);
    },

    dumpDirectory: (jobs) =>
      Promise.reject(
        new ConfigurationError(`JOBS=${jobs}: the pg_dump of a stack without containers has one thread`, {
          hint: 'leave JOBS out',
        }),
      ),

    seal: (text, salt) => keyedDigest(login.password, text, salt),

    async runScript(file, allowed) {
      await allowed;
      const script = readTeamScript(file);
      const runAll = (client: Client): Promise<ScriptError[]> =>
        runStatements(client, script, relative(root, file));
      return withClient(login.database, runAll, { settings: 'file' });
    },

    async psql(asked) {
      await makeSure();
      const { POSTGRES_HOST = '', POSTGRES_PORT = '', ...rest } = reach.variables();
      return psqlHere(options, asked, {
        ...{ ...rest, PGHOST: POSTGRES_HOST, PGPORT: POSTGRES_PORT },
        ...{ PGDATABASE: login.database, PGUSER: login.user, PGPASSWORD: login.password },
      });
    },
    shell: () =>
      Promise.reject(
        new ConfigurationError(
          `${environment.name} has no containers: its application runs where you start it`,
        ),
      ),

    isBuiltIn: () => false,

    alembic: alembicHere(environment, options, {
      ask: (question) => withClient(login.database, question),
      variables: async () => {
        await makeSure();
        return reach.variables();
      },
    }),
  };
}
