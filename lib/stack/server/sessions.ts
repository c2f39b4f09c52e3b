import type { Duplex } from 'node:stream';
import type { Client } from 'pg';
import type { Environment } from '../../environment/resolve.ts';
import { addressOf } from '../../environment/server-entry.ts';
import { ConfigurationError, FailedError } from '../../errors.ts';
import { within } from '../../system/limit.ts';
import { LIMITS } from '../../system/limits.ts';
import { connectionError } from '../postgres/client.ts';
import type { Login } from '../postgres/login.ts';
import { maintenanceDatabase } from '../postgres/maintenance-database.ts';
import { openSession, type SessionAs } from '../postgres/session.ts';
import type { AskElsewhere } from '../postgres/watch-session.ts';
import type { Stack } from '../stack.ts';
import { Cluster } from './cluster.ts';
import { openConnection, type Server } from './connection.ts';
import { readNode, type NodeState } from './node.ts';
import { keepNothing, refuseTransactionPooling } from './pooler.ts';

/** The role and database of an environment on a server. */
export function loginOf({ variables }: Environment): Login {
  const value = (variable: string): string => variables.get(variable)!.value;
  return {
    user: value('POSTGRES_USER'),
    password: value('POSTGRES_PASSWORD'),
    database: value('POSTGRES_DB'),
  };
}

interface How {
  readonly as?: SessionAs | undefined;
  readonly elsewhere?: AskElsewhere | undefined;
  /** Is told each connection. */
  readonly opened?: ((connection: Duplex) => void) | undefined;
}

/** The sessions of an environment on its server; of a cluster, on the server that is its primary. */
export function openSessions(
  environment: Environment,
  servers: readonly Server[],
): {
  readonly cluster: Cluster;
  /** `withClient` of one of the servers, whichever is the primary. */
  readonly on: (server: Server) => Stack['withClient'];
} & Pick<Stack, 'withClient'> {
  const { name, entry, variables } = environment;
  const login = loginOf(environment);
  const maintenance = maintenanceDatabase(login.database);
  const cluster = new Cluster(servers, entry.server!, askInTime);
  /** Whether each address is a pooler: asked once, on the first session. */
  const pooling = new Map<string, Promise<boolean>>();

  function askInTime(server: Server): Promise<NodeState> {
    let connection: Duplex | undefined;
    const asked = ask(server, (made) => (connection = made));
    return within({ ...LIMITS.node, what: `${addressOf(server)} to answer` }, asked, {
      end: (reason) => connection?.destroy(reason),
    });
  }

  /** Asks a server what it is. A role that may not connect to the maintenance database asks in its own. */
  async function ask(server: Server, opened: How['opened']): Promise<NodeState> {
    try {
      return await withClientOf(server, maintenance, readNode, { opened });
    } catch (error) {
      if (!(error instanceof FailedError)) throw error;
      return withClientOf(server, login.database, readNode, { opened });
    }
  }

  const elsewhere: AskElsewhere = async (question) =>
    withClientOf(await cluster.node(), maintenance, question, {});

  async function withClientOf<T>(
    server: Server,
    to: string,
    work: (client: Client) => Promise<T>,
    { opened, ...how }: How,
  ): Promise<T> {
    const at = addressOf(server);
    let connection: Duplex | undefined;
    const connect = async (): Promise<Duplex> => {
      connection = await openConnection(server);
      opened?.(connection);
      return connection;
    };
    /** Another session as plain as it comes: nothing is set in it. */
    const plain = (): Promise<Client> =>
      openSession(connect, { ...login, database: to }, { as: { settings: 'database' }, server: at });
    const first = async (client: Client): Promise<void> => {
      if (await isPooler(at, client, plain)) await keepNothing(client);
    };
    const open = (): Promise<Client> =>
      openSession(connect, { ...login, database: to }, { ...how, server: at, first });
    const client = await open().catch((error: unknown) => {
      connection?.destroy();
      const make = to === login.database ? `make up ENV=${name}` : undefined;
      throw connectionError(error, to, { otherPassword: (cause) => otherPassword(at, cause), make });
    });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  function isPooler(at: string, client: Client, another: () => Promise<Client>): Promise<boolean> {
    if (!pooling.has(at)) pooling.set(at, refuseTransactionPooling(client, another, at));
    return pooling.get(at)!.catch((error: unknown) => {
      // Whether it is one is not known yet, if the session was lost.
      if (!(error instanceof ConfigurationError)) pooling.delete(at);
      throw error;
    });
  }

  const otherPassword = (at: string, cause: unknown): FailedError =>
    new FailedError(`${at} refuses the password of ${login.user}`, {
      cause,
      hint: `${variables.get('POSTGRES_PASSWORD')!.place} must hold the password of that role`,
    });

  return {
    cluster,
    on: (server) => (to, work, as) =>
      withClientOf(server, to, work, {
        as,
        // Another session of the same server: the primary knows nothing of this one.
        elsewhere: (question) => withClientOf(server, to, question, {}),
      }),
    withClient: async (to, work, as) => withClientOf(await cluster.node(), to, work, { as, elsewhere }),
  };
}
