import { resolve } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import pg, { type Client } from 'pg';
import { maintenanceDatabase } from '../postgres/maintenance-database.ts';
import { addressOf, portOf, tlsOf } from '../../environment/server-entry.ts';
import type { Environment } from '../../environment/resolve.ts';
import { ConfigurationError, FailedError, RefusedError, UnreachableError, messageOf } from '../../errors.ts';
import { lookAt } from '../../output/check-result.ts';
import { whileWaiting } from '../../output/waiting.ts';
import { connectionError } from '../postgres/client.ts';
import { createDatabase, isMissing } from '../postgres/create-database.ts';
import { direct } from '../direct.ts';
import { NOTHING } from '../plan.ts';
import { openSession, type SessionAs } from '../postgres/session.ts';
import type { Stack, StackOptions } from '../stack.ts';
import { withoutChannelBinding } from './channel-binding.ts';
import { connectionTo, openConnection, type Server } from './connection.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import { ENGINE } from './diagnose.ts';
import { refuseTransactionPooling } from './pooler.ts';
import { readText } from '../../system/read-bounded.ts';

/** Milliseconds between two attempts to reach a server that does not answer yet. */
const INTERVAL_MS = 500;

/** Opens a PostgreSQL server that somebody else runs, for instance a managed one. Only its databases are makesafe's. */
export function openServerStack(environment: Environment, options: StackOptions): Stack {
  const { actor, terminal, signal } = options;
  const { name, root, entry, project, variables } = environment;
  const server: Server = { ...entry.server!, ca: authorities(root, entry.server!.caFile) };
  const address = addressOf(server);
  const tls = tlsOf(server);
  const value = (variable: string): string => variables.get(variable)!.value;
  const database = { name: value('POSTGRES_DB'), user: value('POSTGRES_USER'), service: 'db' };
  const login = { user: database.user, password: value('POSTGRES_PASSWORD'), database: database.name };

  const elsewhere: AskElsewhere = (question) =>
    withClient(maintenanceDatabase(database.name), question, undefined, false);

  /** Asked once, on the first session. */
  let pooling: Promise<void> | undefined;

  /** @param watched false for the session that `elsewhere` uses to ask about another session */
  async function withClient<T>(
    to: string,
    work: (client: Client) => Promise<T>,
    as?: SessionAs,
    watched = true,
  ): Promise<T> {
    let connection: Duplex | undefined;
    const connecting = async (): Promise<Duplex> => (connection = await openConnection(server));
    const how = { as, server: address, elsewhere: watched ? elsewhere : undefined };
    const there = { ...login, database: to };
    const client = await openSession(connecting, there, how).catch((error: unknown) => {
      connection?.destroy();
      const make = to === database.name ? `make up ENV=${name}` : undefined;
      throw connectionError(error, to, { otherPassword, make });
    });
    try {
      await (pooling ??= refuseTransactionPooling(
        client,
        () => openSession(connecting, there, how),
        address,
      ));
      return await work(client);
    } finally {
      await client.end();
    }
  }

  const otherPassword = (cause: unknown): FailedError =>
    new FailedError(`${address} refuses the password of ${login.user}`, {
      cause,
      hint: `${variables.get('POSTGRES_PASSWORD')!.place} must hold the password of that role`,
    });

  /** Whether a connection can be opened. @throws ConfigurationError when it is not the server of the entry */
  async function answers(): Promise<boolean> {
    try {
      (await openConnection(server)).destroy();
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
        if (!(error instanceof UnreachableError)) throw error;
        if (performance.now() > deadline) {
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

    target: async (dataDirectory) => ({
      engine: 'PostgreSQL server',
      ...{ host: server.host, project, database: database.name, user: database.user },
      server: `${address}, TLS ${tls}`,
      running: await answers(),
      otherUsers: [],
      storage: { kind: 'server', address },
      // A path on another machine says nothing about folders of this machine.
      folder: LOOPBACK.test(server.host) ? await dataDirectory : undefined,
    }),

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
      const row = [
        'db',
        server.host,
        String(portOf(server)),
        tls,
        (await answers()) ? 'running' : 'no answer',
      ];
      const head = ['SERVICE', 'HOST', 'PORT', 'TLS', 'STATE'];
      const widths = head.map((cell, column) => Math.max(cell.length, row[column]!.length));
      for (const cells of [head, row])
        terminal.result(
          cells
            .map((cell, column) => cell.padEnd(widths[column]!))
            .join('  ')
            .trimEnd(),
        );
    },

    logs: () => notOurs('its log is where it runs'),

    async health() {
      const healthy = await answers();
      return [
        { service: 'db', healthy, state: healthy ? `running at ${address}` : `no answer of ${address}` },
      ];
    },

    diagnose: async () => [await lookAt(ENGINE, server)],

    config: () =>
      Promise.resolve(
        [
          ...['stack: server', `host: ${server.host}`, `port: ${portOf(server)}`, `tls: ${tls}`],
          ...(server.caFile === undefined ? [] : [`caFile: ${server.caFile}`]),
          ...[...variables].map(([variable, { value: text }]) => `${variable}: ${text}`),
        ].join('\n'),
      ),

    plan: () => Promise.resolve({ ...NOTHING, obstacles: [NOT_REMOVABLE] }),
    destroy: () => Promise.reject(new RefusedError(NOT_REMOVABLE.reason, { hint: NOT_REMOVABLE.remedy })),

    withClient: (to, work, as) => withClient(to, work, as),
    // Its disk cannot be seen from here.
    freeSpace: () => Promise.resolve(undefined),

    ...direct(environment, options, {
      ...{ login, withClient: (to, work, as) => withClient(to, work, as) },
      connect: async () => withoutChannelBinding(await openConnection(server)),
      // The driver's libpq checks the certificate in the same way.
      variables: () => ({
        ...{ POSTGRES_HOST: server.host, POSTGRES_PORT: String(portOf(server)) },
        ...{ PGSSLMODE: tls, PGGSSENCMODE: 'disable' },
        ...(server.caFile === undefined ? {} : { PGSSLROOTCERT: resolve(root, server.caFile) }),
      }),
    }),
  };
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\/.*)$/i;

function authorities(root: string, file: string | undefined): Buffer | undefined {
  if (file === undefined) return undefined;
  try {
    return Buffer.from(readText(resolve(root, file), { as: file }));
  } catch (error) {
    throw new ConfigurationError(`server.caFile ${file} cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
