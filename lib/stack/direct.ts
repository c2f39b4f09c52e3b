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
import type { LedElsewhere } from './alembic/binding.ts';
import { watchSilence } from '../system/attention.ts';
import { psqlHere } from './postgres/psql.ts';
import { pgDump } from './pg-dump/pg-dump.ts';
import { LIMITS } from '../system/limits.ts';
import { whileDumping } from './postgres/programs.ts';
import type { SessionAs } from './postgres/session.ts';
import type { Stack, StackOptions } from './stack.ts';

/** How to reach a server that runs in no container. */
export interface Reach {
  readonly login: Login;
  readonly withClient: <T>(
    database: string,
    work: (client: Client) => Promise<T>,
    as?: SessionAs,
  ) => Promise<T>;
  /** A connection without a client, for a program that speaks the protocol itself. */
  readonly connect: () => Promise<Duplex>;
  /** Where the server is: variables for the application's migrations and their driver. */
  readonly variables: () => Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** Where all connections of alembic are led, if not where env.py says. */
  readonly led?: () => LedElsewhere;
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

/**
 * The methods that all stacks without containers share. They use the pg_dump that npm installs, and the psql and
 * Alembic of this machine.
 */
export function direct(environment: Environment, options: StackOptions, reach: Reach): Direct {
  const { root } = environment;
  const { login, withClient } = reach;
  /** Connects before another program does, so that our error message explains what is wrong, not that program's. */
  const makeSure = (): Promise<void> => withClient(login.database, () => Promise.resolve());

  return {
    // Each connection already checks the password.
    checkPassword: () => Promise.resolve(),

    // The server brings no pg_dump.
    pgDump: 'bundled',
    // In WebAssembly, gzip's default level takes most of a backup's time, and saves only a few per cent of its size.
    compression: () => Promise.resolve('gzip:1'),
    async dump(args, output, { settings, database = login.database } = {}) {
      await makeSure();
      const connection = await reach.connect();
      // pg_dump reads as fast as it can. So if no data comes, the server is silent: check that it still answers.
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
      const { POSTGRES_HOST = '', POSTGRES_PORT = '', ...rest } = await reach.variables();
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
      ask: (question, database = login.database) => withClient(database, question),
      variables: async () => {
        await makeSure();
        return reach.variables();
      },
      ...(reach.led && { led: reach.led }),
    }),
  };
}
