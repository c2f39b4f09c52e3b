import { once } from 'node:events';
import { connect as connectSocket, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { addressOf, portOf, tlsOf, type ServerNode, type ServerTls } from '../../environment/server-entry.ts';
import { CancelledError, ConfigurationError, UnreachableError, messageOf } from '../../errors.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import { mayHang } from '../../system/cancelling.ts';
import { within } from '../../system/limit.ts';
import { LIMITS } from '../../system/limits.ts';

export interface Server extends ServerNode, ServerTls {
  /** The content of `caFile`. */
  readonly ca: Buffer | undefined;
}

/**
 * The SSLRequest message: its length, and its code.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

const REGISTRY = 'in env/environments.ts';

/** Names what we wait for, in messages. */
export const connectionTo = (address: string): string => `a connection to ${address}`;

/**
 * Opens a connection to a server over the network, with the TLS that its entry asks for. makesafe's sessions and its
 * pg_dump use these connections; psql and Alembic open their own, with the same TLS settings.
 *
 * @throws UnreachableError when nothing answers
 * @throws ConfigurationError when what answers is not the server that the entry describes
 */
export async function openConnection(server: Server): Promise<Duplex> {
  const address = addressOf(server);
  const socket = connectSocket({
    ...{ host: server.host, port: portOf(server), noDelay: true },
    // During a long statement no data flows, and a gateway on the way may drop an idle connection.
    ...{ keepAlive: true, keepAliveInitialDelay: 30_000 },
  });
  const forget = mayHang((reason) => socket.destroy(reason));
  socket.once('close', forget);
  const end = (reason: Error): void => void socket.destroy(reason);
  try {
    const connected = within({ ...LIMITS.connect, what: connectionTo(address) }, once(socket, 'connect'), {
      end,
    });
    await whileWaitingFor(connectionTo(address), connected);
    if (tlsOf(server) === 'disable') return socket;
    const limit = { ...LIMITS.tls, what: `${address} to answer` };
    const secured = within(limit, secure(socket, server, address), { end });
    return await whileWaitingFor(limit.what, secured);
  } catch (error) {
    socket.destroy();
    if (error instanceof ConfigurationError || error instanceof CancelledError) throw error;
    throw new UnreachableError(`the database does not answer: ${messageOf(error)}`, { cause: error });
  }
}

async function secure(socket: Socket, server: Server, address: string): Promise<Duplex> {
  await askForTls(socket, address);
  return startTls(socket, server);
}

/**
 * The server answers with one byte. More bytes would come from an attacker in the middle (CVE-2021-23222), who wants
 * them to be taken for the server's later.
 */
async function askForTls(socket: Socket, address: string): Promise<void> {
  socket.write(SSL_REQUEST);
  const ended = once(socket, 'end').then(() => [Buffer.alloc(0)]);
  const [answer] = (await Promise.race([once(socket, 'data'), ended])) as [Buffer];
  socket.pause();
  const said = answer.toString('latin1');
  if (said === 'S') return;
  if (said === '') throw new Error(`${address} closes the connection`);
  throw said === 'N'
    ? new ConfigurationError(`the server at ${address} does not speak TLS`, {
        hint: `switch it on there, or state server.tls: 'disable' ${REGISTRY}`,
      })
    : new ConfigurationError(`what answers at ${address} is not PostgreSQL`, {
        hint: `correct server.host and server.port ${REGISTRY}`,
      });
}

async function startTls(socket: Socket, server: Server): Promise<Duplex> {
  const { host, ca } = server;
  const mode = tlsOf(server);
  const secure = connectTls({
    ...{ socket, host, rejectUnauthorized: mode !== 'require' },
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(mode === 'verify-full' ? {} : { checkServerIdentity: () => undefined }),
  });
  try {
    await once(secure, 'secureConnect');
  } catch (error) {
    throw notProven(error, server);
  }
  return secure;
}

/** The error codes of OpenSSL and Node that are about the certificate. */
const ABOUT_CERTIFICATE = /CERT|ISSUER|SIGNATURE|CRL|CA_|PATH_LENGTH|HOSTNAME/;

function notProven(error: unknown, server: Server): unknown {
  const { code = '' } = error as NodeJS.ErrnoException;
  if (!ABOUT_CERTIFICATE.test(code)) return error;
  const hint =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID'
      ? `server.host ${REGISTRY} must be a name in the certificate; tls: 'verify-ca' does not look at the name`
      : `server.caFile (${server.caFile}) ${REGISTRY} must hold the certificate of the authority that signs for it`;
  return new ConfigurationError(
    `the server at ${addressOf(server)} does not prove that it is the one: ${messageOf(error)}`,
    { cause: error, hint },
  );
}
