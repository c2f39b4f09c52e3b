import { request } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Command } from '../../../system/command.ts';
import { CancelledError, UnreachableError, messageOf } from '../../../errors.ts';
import { within } from '../../../system/limit.ts';
import { LIMITS } from '../../../system/limits.ts';
import { dial, dialSocket } from './dial.ts';

/** How to reach an engine. */
export interface Way {
  /** Opens a connection. @param complain gets docker's error messages, if docker opens it */
  readonly connect: (complain?: (text: string) => void) => Duplex;
  /**
   * Checks on a new connection that the engine answers. Calls at the same time share one request.
   *
   * @see https://docs.docker.com/reference/api/engine/version/v1.48/#tag/System/operation/SystemPing
   * @throws UnreachableError
   */
  readonly alive: () => Promise<void>;
}

/**
 * @param socket the engine's socket, if it is on this machine
 * @param dialling the docker command that opens a connection, if there is no socket
 */
export function wayTo(socket: string | undefined, dialling: Command): Way {
  const connect: Way['connect'] = (complain = () => {}) =>
    socket === undefined ? dial(dialling, complain) : dialSocket(socket);
  let asked: Promise<void> | undefined;

  async function ping(): Promise<void> {
    const connection = connect();
    const answer = new Promise<void>((resolve, reject) => {
      const asking = request({ ...{ path: '/_ping', host: 'docker' }, createConnection: () => connection });
      asking.on('response', () => resolve()).on('error', reject);
      asking.end();
    });
    try {
      await within(LIMITS.ping, answer);
      connection.destroy();
    } catch (error) {
      connection.destroy(error as Error);
      throw notThere(error);
    }
  }

  return {
    connect,
    alive: () => (asked ??= ping().finally(() => (asked = undefined))),
  };
}

function notThere(error: unknown): Error {
  if (error instanceof CancelledError) return error;
  const why =
    error instanceof UnreachableError
      ? 'the connection to it carries nothing any more, and neither does a new one'
      : messageOf(error);
  return new UnreachableError(`the container engine does not answer: ${why}`, {
    cause: error,
    hint: LIMITS.ping.hint,
  });
}
