import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg, { type Client } from 'pg';
import { maintenanceDatabase } from '../postgres/maintenance-database.ts';
import { MAX_REPLAY_LAG, addressOf, portOf, tlsOf } from '../../environment/server-entry.ts';
import type { Environment } from '../../environment/resolve.ts';
import {
  ConfigurationError,
  RefusedError,
  UnclearPrimaryError,
  UnreachableError,
  messageOf,
} from '../../errors.ts';
import { lookAt } from '../../output/check-result.ts';
import { whileWaiting } from '../../output/waiting.ts';
import { createDatabase, isMissing } from '../postgres/create-database.ts';
import { direct } from '../direct.ts';
import { NOTHING } from '../plan.ts';
import type { Stack, StackOptions, StandbyToRead } from '../stack.ts';
import { withoutChannelBinding } from './channel-binding.ts';
import { connectionTo, openConnection } from './connection.ts';
import { engineOf } from './diagnose.ts';
import { describeNodes } from './primary.ts';
import { listServers, serversOf } from './servers.ts';
import { standbyCaughtUp } from './standby.ts';
import { loginOf, openSessions } from './sessions.ts';

/** Milliseconds between two attempts to reach a server that does not answer yet. */
const INTERVAL_MS = 500;

/** Opens a PostgreSQL server that somebody else runs, for instance a managed one. Only its databases are makesafe's. */
export function openServerStack(environment: Environment, options: StackOptions): Stack {
  const { actor, terminal, signal } = options;
  const { name, root, entry, project, variables } = environment;
  const stated = entry.server!;
  const { caFile } = stated;
  const tls = tlsOf(stated);
  const servers = serversOf(environment);
  /** All addresses of the entry. */
  const address = servers.map(addressOf).join(',');
  const login = loginOf(environment);
  const database = { name: login.database, user: login.user, service: 'db' };
  const { cluster, withClient, on } = openSessions(environment, servers);

  /**
   * Whether a connection can be opened, to the primary.
   *
   * @throws ConfigurationError when it is not the server of the entry; UnclearPrimaryError
   */
  async function answers(): Promise<boolean> {
    try {
      (await openConnection(await cluster.node())).destroy();
      return true;
    } catch (error) {
      if (error instanceof UnreachableError) return false;
      throw error;
    }
  }

  async function waitUntilReady(timeout: number): Promise<void> {
    for (
      const deadline = performance.now() + timeout * 1000;
      ;
      await sleep(INTERVAL_MS, undefined, { signal })
    ) {
      try {
        return await withClient(database.name, () => Promise.resolve());
      } catch (error) {
        if (isMissing(error)) return makeDatabase();
        const late = performance.now() > deadline;
        // While another server becomes the primary, there is none for a moment.
        if (error instanceof UnclearPrimaryError && !late) continue;
        if (!(error instanceof UnreachableError)) throw error;
        if (late) {
          throw new UnreachableError(`no answer of ${address} within ${timeout} s: ${messageOf(error)}`, {
            cause: error,
            hint: 'TIMEOUT=<seconds> waits longer',
          });
        }
      }
    }
  }

  const makeDatabase = (): Promise<void> =>
    withClient(maintenanceDatabase(database.name), async (client) => {
      await createDatabase(client, database);
      terminal.info(`made database ${database.name}`);
    });

  /** What each node is: `primary, timeline 3`. */
  const roles = async (): Promise<string[]> => {
    const seen = await cluster.look();
    return describeNodes(seen).map((line, index) => line.slice(seen[index]!.address.length + 1));
  };

  const refuse = (error: unknown): never => {
    if (!(error instanceof UnclearPrimaryError)) throw error;
    const { message, hint = '' } = error;
    throw new UnclearPrimaryError(`refused; nothing was touched\n${message}`, { cause: error, hint });
  };

  async function standbyForBackup(): Promise<StandbyToRead> {
    const maintenance = maintenanceDatabase(database.name);
    const ask = <T>(question: (client: Client) => Promise<T>): Promise<T> =>
      withClient(maintenance, question);
    const { server, behind, seconds } = await standbyCaughtUp(
      cluster,
      ask,
      stated.maxReplayLag ?? MAX_REPLAY_LAG,
      signal,
    );
    const there = on(server);
    const { dump } = direct(environment, options, {
      ...{ login, withClient: there, variables: () => ({}) },
      connect: async () => withoutChannelBinding(await openConnection(server)),
    });
    return { address: addressOf(server), behind, seconds, withClient: there, dump };
  }

  /** For actions that would need control of the server itself. */
  const notOurs = (what: string): Promise<never> =>
    Promise.reject(
      new ConfigurationError(`${name} is a server that makesafe does not run (${address}): ${what}`, {
        hint: `make health ENV=${name}`,
      }),
    );
  const NOT_REMOVABLE = {
    reason: `the storage of ${address} is not makesafe's to remove`,
    remedy: `empty the database instead: make db-reset-db-env ENV=${name} (db-rebuild-env: METHOD=db)`,
  };

  return {
    database,

    async target(dataDirectory) {
      const running = await answers().catch(refuse);
      const used = running ? await cluster.node() : servers[0]!;
      const nodes = running && cluster.isCluster ? describeNodes(await cluster.look()) : undefined;
      return {
        engine: 'PostgreSQL server',
        ...{ host: used.host, project, database: database.name, user: database.user },
        server: `${running ? addressOf(used) : address}, TLS ${tls}`,
        ...{ running, otherUsers: [], ...(nodes && { nodes }) },
        storage: { kind: 'server', address },
        // A path on another machine says nothing about folders of this machine.
        folder: LOOPBACK.test(used.host) ? await dataDirectory : undefined,
      };
    },

    build: () => Promise.resolve(),
    up: async ({ timeout }) =>
      void (await actor.act(
        `# wait until ${address} answers, ${timeout} s at most; CREATE DATABASE ${pg.escapeIdentifier(database.name)}, if there is none`,
        () => whileWaiting(terminal, connectionTo(address), () => waitUntilReady(timeout)),
      )),
    down: () => notOurs('it cannot be stopped from here'),
    restart: () => notOurs('it cannot be restarted from here'),
    rebuild: () => notOurs('there is nothing to build'),

    async ps() {
      const states = cluster.isCluster ? await roles() : [(await answers()) ? 'running' : 'no answer'];
      listServers(terminal, servers, tls, states);
    },

    logs: () => notOurs('its log is where it runs'),

    async health() {
      const healthy = await answers();
      return [
        { service: 'db', healthy, state: healthy ? `running at ${address}` : `no answer of ${address}` },
      ];
    },

    diagnose: async () => [await lookAt(engineOf(cluster), undefined)],

    config: () =>
      Promise.resolve(
        [
          'stack: server',
          ...servers.flatMap((server) => [`host: ${server.host}`, `port: ${portOf(server)}`]),
          ...(stated.status ?? []).map((url) => `status: ${url}`),
          ...[`tls: ${tls}`, ...(caFile === undefined ? [] : [`caFile: ${caFile}`])],
          ...[...variables].map(([variable, { value: text }]) => `${variable}: ${text}`),
        ].join('\n'),
      ),

    plan: () => Promise.resolve({ ...NOTHING, obstacles: [NOT_REMOVABLE] }),
    destroy: () => Promise.reject(new RefusedError(NOT_REMOVABLE.reason, { hint: NOT_REMOVABLE.remedy })),

    withClient,
    ...(cluster.isCluster && {
      lookForPrimary: () => cluster.forget(),
      makeSureOfPrimary: async () => void (await cluster.makeSure()),
    }),
    ...(stated.backupFrom === 'standby' && { standbyForBackup }),
    // Its disk cannot be seen from here.
    freeSpace: () => Promise.resolve(undefined),

    ...direct(environment, options, {
      ...{ login, withClient },
      connect: async () => withoutChannelBinding(await openConnection(await cluster.node())),
      // The driver's libpq checks the certificate in the same way.
      async variables() {
        const server = await cluster.node();
        return {
          ...{ POSTGRES_HOST: server.host, POSTGRES_PORT: String(portOf(server)) },
          ...{ PGSSLMODE: tls, PGGSSENCMODE: 'disable' },
          ...(caFile === undefined ? {} : { PGSSLROOTCERT: resolve(root, caFile) }),
        };
      },
    }),
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\/.*)$/i;
