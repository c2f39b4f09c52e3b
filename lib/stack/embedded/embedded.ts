import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import pg from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import { byteSize } from '../../output/display.ts';
import { FailedError, UnreachableError } from '../../errors.ts';
import { direct } from '../direct.ts';
import type { Plan } from '../plan.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { connectLocally, withLocalClient } from './client.ts';
import { diagnoseEmbedded } from './diagnose.ts';
import { showLog } from './follow.ts';
import { checkData, storageOf, whatStays } from './data.ts';
import { withLock } from './lock.ts';
import { RESERVE, isDiskFull, keepReserve, useReserve } from './reserve.ts';
import { planEmbedded } from './plan.ts';
import type { SessionAs } from '../postgres/session.ts';
import {
  findRunning,
  homeOf,
  initialise,
  isGone,
  removeData,
  start,
  stop,
  type Scratch,
  type Home,
  type Running,
} from './server.ts';

/**
 * Opens a stack without containers: PostgreSQL from npm, which listens on this machine's loopback address only.
 *
 * @param scratch runs it elsewhere than in the environment's own folder; all connections of its alembic are led to it
 */
export function openEmbeddedStack(environment: Environment, options: StackOptions, scratch?: Scratch): Stack {
  const { actor, terminal, signal } = options;
  const { name, root, variables } = environment;
  const { act } = actor;
  const home = scratch?.home ?? homeOf(root, name);
  const value = (variable: string): string => variables.get(variable)!.value;
  const database = { name: value('POSTGRES_DB'), user: value('POSTGRES_USER'), service: 'db' };
  const credentials = { user: database.user, password: value('POSTGRES_PASSWORD') };

  function running(): Running {
    const found = findRunning(home);
    if (found) return found;
    throw new UnreachableError(`the embedded PostgreSQL of ${name} is not running`, {
      hint: `make up ENV=${name}`,
    });
  }

  /** Takes the lock for `work`. The lock is a file: on a full disk, frees the reserve for it. */
  const alone = (work: () => Promise<void>): Promise<void> =>
    withLock(home.folder, work).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      if (!useReserve(home)) throw diskFull(home, name, error);
      return withLock(home.folder, work);
    });
  const begin = (): Promise<void> => alone(beginAlone);
  const end = (): Promise<void> => withLock(home.folder, () => stop(home));

  /** Starts the server. If the disk is full, frees the reserve and tries once more. */
  async function startServer(): Promise<number> {
    const timeZone = variables.get('TZ')?.value;
    const settings = [
      ...(timeZone === undefined ? [] : [`timezone=${timeZone}`]),
      ...(scratch?.settings ?? []),
    ];
    const options = settings.flatMap((setting) => ['-c', setting]);
    try {
      return (await start(home, options)).port;
    } catch (error) {
      if (!isDiskFull(home)) throw error;
      if (!useReserve(home)) throw diskFull(home, name, error);
      return (await start(home, options)).port;
    }
  }

  async function beginAlone(): Promise<void> {
    checkData(home, name);
    await initialise(home, credentials, scratch && ['--no-sync']);
    const port = await startServer();
    await withClient('postgres', port, async (client) => {
      const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database.name]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(database.name)}`);
    });
    if (!scratch) terminal.info(`PostgreSQL listens on 127.0.0.1:${port}, user ${database.user}`);
  }

  const withClient = <T>(
    to: string,
    port: number,
    work: (client: pg.Client) => Promise<T>,
    as?: SessionAs,
  ): Promise<T> =>
    withLocalClient(
      { home, port, database: to, ...credentials, environment, mayAsk: as?.user === undefined },
      work,
      as,
    );

  const destroy = async ({ folders }: Plan): Promise<void> => {
    await act(`# stop the embedded PostgreSQL of ${name}`, end);
    await act(`rm -r ${home.data}`, () => withLock(home.folder, () => removeData(home)));
    await act(`# check that ${home.data} is gone`, async () => {
      for (const { path } of [{ path: home.data }, ...folders]) {
        if (!(await isGone({ data: path })) || findRunning(home))
          throw new FailedError(`${path} is still there`);
      }
    });
  };

  return {
    database,

    hasEnded: () => findRunning(home) === undefined,

    fullDisk: {
      prepare: () => keepReserve(home),
      async recover() {
        if (findRunning(home) || !isDiskFull(home)) return;
        if (!useReserve(home)) throw diskFull(home, name);
        terminal.info(
          `the disk is full, and the server has ended; it is started again in the ${byteSize(RESERVE)} that were kept for that`,
        );
        await alone(async () => void (await startServer()));
      },
    },

    target: async () => {
      const found = findRunning(home);
      return {
        engine: 'embedded PostgreSQL',
        host: hostname(),
        project: name,
        database: database.name,
        user: database.user,
        server: found && `process ${found.pid} on 127.0.0.1:${found.port}`,
        running: found !== undefined,
        otherUsers: [],
        storage: (await isGone(home)) ? { kind: 'none' } : { kind: 'folder', path: home.data },
        ...{ dataDirectory: home.data, folder: home.data },
      };
    },

    build: () => Promise.resolve(),
    up: async () => void (await act(`# initdb and start PostgreSQL in ${home.data}`, begin)),
    async down() {
      await act(`# stop the embedded PostgreSQL of ${name}`, end);
      if (actor.dryRun) return { found: '', advice: [] };
      return { found: whatStays(home), advice: [] };
    },
    lookAtStorage: () => Promise.resolve(storageOf(home)),
    restart: async () =>
      void (await act(`# stop and start the embedded PostgreSQL of ${name}`, async () => {
        await end();
        await begin();
      })),
    // There is nothing to build.
    rebuild: async () =>
      void (await act(`# stop and start the embedded PostgreSQL of ${name}`, async () => {
        await end();
        await begin();
      })),

    async ps() {
      const found = findRunning(home);
      terminal.result('SERVICE  PID      PORT   STATE    DATA');
      const cells = found ? [String(found.pid), String(found.port), 'running'] : ['-', '-', 'stopped'];
      terminal.result(
        `db       ${cells[0]!.padEnd(8)} ${cells[1]!.padEnd(6)} ${cells[2]!.padEnd(8)} ${home.data}`,
      );
      return Promise.resolve();
    },

    logs: (asked) => showLog(home.log, asked, terminal, signal),

    health: () =>
      Promise.resolve([
        {
          service: 'db',
          healthy: findRunning(home) !== undefined,
          state: findRunning(home) ? 'running' : 'stopped',
        },
      ]),

    diagnose: () => Promise.resolve([diagnoseEmbedded(home)]),

    config: () =>
      Promise.resolve(
        [
          'stack: embedded',
          `data: ${home.data}`,
          `log: ${home.log}`,
          `port: ${findRunning(home)?.port ?? 'chosen at the next start'}`,
          ...[...variables].map(([variable, { value: text }]) => `${variable}: ${text}`),
        ].join('\n'),
      ),

    plan: () => planEmbedded(home, `empty the database instead: make db-reset-db-env ENV=${name}`),
    destroy,

    withClient: async (to, work, as) => withClient(to, running().port, work, as),

    async freeSpace(folder) {
      const { bavail, bsize } = await statfs(folder);
      return bavail * bsize;
    },

    ...direct(environment, options, {
      login: { ...credentials, database: database.name },
      withClient: async (to, work, as) => withClient(to, running().port, work, as),
      connect: () => Promise.resolve(connectLocally(running().port)),
      variables: () => ({ POSTGRES_HOST: '127.0.0.1', POSTGRES_PORT: String(running().port) }),
      ...(scratch && {
        led: () => ({
          database: database.name,
          server: { host: '127.0.0.1', port: running().port, ...credentials },
        }),
      }),
    }),
  };
}

const diskFull = (home: Home, environment: string, cause?: unknown): UnreachableError =>
  new UnreachableError(`the disk of ${home.folder} is full, and PostgreSQL needs room on it to start`, {
    cause,
    hint: `remove ${byteSize(RESERVE)} or more of something else on that disk, then type: make up ENV=${environment}`,
  });
