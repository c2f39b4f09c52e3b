import { existsSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import { runStatements } from '../database/script.ts';
import { readTeamScript } from '../database/team-script.ts';
import type { Environment } from '../environment/resolve.ts';
import { ConfigurationError } from '../errors.ts';
import { NAME_ALEMBIC, pythonOf } from '../migrations/find-python.ts';
import { runAlembic, showing, type Place } from '../migrations/run-alembic.ts';
import { run } from '../process.ts';
import type { Login } from './client.ts';
import { findAlembic } from './embedded/alembic.ts';
import { watchSilence } from '../system/attention.ts';
import { pgDump } from './embedded/pg-dump.ts';
import { LIMITS } from './limits.ts';
import { whileDumping } from './postgres/lock-wait.ts';
import type { SessionAs } from './postgres/session.ts';
import type { ScriptError, Stack, StackOptions } from './stack.ts';

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
  | 'dump'
  | 'dumpDirectory'
  | 'verifyArchive'
  | 'runScript'
  | 'isBuiltIn'
  | 'alembic'
>;

/** What every stack without containers does in the same way: with what npm brings, and an Alembic of this machine. */
export function direct(
  { root, name, names, variables }: Environment,
  options: StackOptions,
  reach: Reach,
): Direct {
  const { terminal } = options;
  const { login, withClient } = reach;
  let alembicOnce: ReturnType<typeof findAlembic> | undefined;
  /** So that what is wrong is said by us, and not by the program that is about to meet it. */
  const makeSure = (): Promise<void> => withClient(login.database, () => Promise.resolve());

  return {
    // Each connection has proven it.
    checkPassword: () => Promise.resolve(),

    // The server comes without one.
    pgDump: 'bundled',
    async dump(args, output) {
      await makeSure();
      const connection = await reach.connect();
      // It reads as fast as it can: silence is the server's, which has to be there.
      const watch = watchSilence({ alive: makeSure, silence: LIMITS.sessionSilence.seconds }, (reason) =>
        connection.destroy(reason),
      );
      connection.on('data', watch.heard).once('close', watch.stop);
      const dumped = pgDump(connection, login, args, output).finally(watch.stop);
      return whileDumping((question) => withClient(login.database, question), dumped);
    },

    dumpDirectory: (jobs) =>
      Promise.reject(
        new ConfigurationError(`JOBS=${jobs}: the pg_dump of a stack without containers has one thread`, {
          hint: 'leave JOBS out',
        }),
      ),
    // There is no pg_restore; whoever takes a dump reads it to its end.
    verifyArchive: () => Promise.resolve(),

    async runScript(file, allowed) {
      await allowed;
      const script = readTeamScript(file);
      const runAll = (client: Client): Promise<ScriptError[]> =>
        runStatements(client, script, relative(root, file));
      return withClient(login.database, runAll, { settings: 'database' });
    },

    isBuiltIn: () => false,

    async alembic(args, { ini, quiet = false, ...how } = {}) {
      await makeSure();
      const alembic = await (alembicOnce ??= findAlembic(root, options.alembic));
      if (!alembic) throw new ConfigurationError('no Alembic was found', { hint: 'make setup' });
      const file = resolve(root, ini ?? names.alembicIni);
      if (!existsSync(file))
        throw new ConfigurationError(`${file}: no such file`, { hint: 'ALEMBIC_INI=<file>' });
      const cwd = dirname(file);
      const env = {
        ...Object.fromEntries([...variables].map(([variable, { value }]) => [variable, value])),
        ...reach.variables(),
        PYTHONDONTWRITEBYTECODE: '1',
      };
      const place: Place = {
        environment: name,
        settings: `the variables that env.py reads (env files of ${name}), and ${relative(root, file)}`,
        nameThePython: NAME_ALEMBIC,
        ask: (question) => withClient(login.database, question),
        python: () => Promise.resolve().then(() => pythonOf(alembic)),
        start: (words, instead, own) => {
          const [program, ...before] = instead ? [...instead.words, '-'] : [alembic.file, ...alembic.args];
          return run(
            { file: program, args: [...before, '-c', file, ...words] },
            {
              ...{ cwd, env },
              ...(instead ? { input: instead.input } : {}),
              ...(quiet ? {} : { onLine: showing(terminal, own) }),
            },
          );
        },
      };
      return runAlembic(place, args, how);
    },
  };
}
