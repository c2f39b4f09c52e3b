import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FailedError, MakesafeError, UnreachableError, messageOf } from '../../../errors.ts';
import { whileWaitingFor } from '../../../output/waiting.ts';
import { watchSilence, type Watch } from '../../../system/attention.ts';
import { heard, mayHang } from '../../../system/cancelling.ts';
import { within } from '../../../system/limit.ts';
import { LIMITS } from '../../../system/limits.ts';
import { runOrThrow, type Docker } from './docker.ts';
import { readPath, type PathIn } from './path-in.ts';
import { wayTo, type Way } from './way.ts';

/**
 * Gets something from an engine, by its path in the API. The path has no API version: then the engine uses its newest.
 *
 * @see https://docs.docker.com/reference/api/engine/
 * @returns undefined if the engine does not have it (404)
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with the engine's message
 */
export type AskEngine = <T>(
  path: string,
  query?: Readonly<Record<string, unknown>>,
) => Promise<T | undefined>;

/** An engine's API. */
export interface Engine {
  readonly ask: AskEngine;
  /** Creates something (POST). @throws like `ask`, and FailedError if the engine does not have what the path names */
  readonly make: <T>(path: string, what: object) => Promise<T>;
  /** Removes what the path names, if it exists (DELETE). */
  readonly remove: (path: string) => Promise<void>;
  /**
   * Reads a path in a container, running or not: the target of a link, and the first bytes of a tar of the path.
   *
   * @see https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Container/operation/ContainerArchiveInfo
   * @param limit maximum of bytes of the tar; 0 for none
   * @returns undefined for a path that does not exist
   */
  readonly pathIn: (container: string, path: string, limit?: number) => Promise<PathIn | undefined>;
  /** Sends a POST request that turns into a connection, for instance to a process in a container. */
  readonly attach: (path: string, how: object) => Promise<Duplex>;
  /** Checks on a new connection that the engine answers. @throws UnreachableError */
  readonly alive: Way['alive'];
}

/** Connections at the same time, if each one is a process. Others wait, for instance while `/info` takes long. */
const DIALLED = 2;

interface Answer {
  readonly response: IncomingMessage;
  /** If the engine has upgraded the request to a connection. */
  readonly connection?: Duplex;
}

interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  readonly what?: object;
  /** Whether the answer is a connection. */
  readonly attaches?: boolean;
}

/** A reused connection is dead, for instance dropped by a gateway, although the engine answers on a new one. */
class StaleConnection extends Error {}

/**
 * Opens the API of the engine that docker would choose: by its socket, if that is on this machine, else over a
 * connection that docker opens, by TCP or ssh, as its context says. We do not use docker commands, because starting one
 * takes longer than the engine's answer.
 */
export function openEngine(docker: Docker, socket: string | undefined): Engine {
  const said: string[] = [];
  const way = wayTo(socket, docker('system', 'dial-stdio'));
  const connect = (): Duplex => way.connect((text) => said.push(text));
  const agent = new Agent({ keepAlive: true, maxSockets: socket === undefined ? DIALLED : Infinity });
  Object.assign(agent, { createConnection: connect });

  /** @param read has to read the answer to its end: the time limit includes that */
  async function send<T>(question: Question, read: (answer: Answer) => Promise<T>): Promise<T> {
    const { method, path, what, attaches = false } = question;
    const headers = {
      ...(what ? { 'Content-Type': 'application/json' } : {}),
      ...(attaches ? { Connection: 'Upgrade', Upgrade: 'tcp' } : {}),
    };
    const asked = request({
      ...{ method, path, headers, host: 'docker' },
      // An upgraded connection cannot be reused for another request.
      ...(attaches ? { createConnection: connect } : { agent }),
    });
    try {
      return await answerOf(asked, what, read);
    } catch (error) {
      if (error instanceof MakesafeError) throw error;
      // The engine may have restarted since the last request: try again.
      if (asked.reusedSocket) return send(question, read);
      // Docker's own message explains best what is wrong: this throws it.
      await runOrThrow(docker('version', '--format', '{{.Server.Version}}'), { limit: LIMITS.reason });
      const why = said.join('').trim() || messageOf(error);
      throw new UnreachableError(`the container engine does not answer: ${why}`, { cause: error });
    }
  }

  /** Waits for the answer while the engine is alive, up to a limit. @throws UnreachableError · CancelledError */
  function answerOf<T>(
    asked: ClientRequest,
    what: object | undefined,
    read: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    let watch: Watch | undefined;
    let forget = (): void => {};
    let answered = false;
    const answer = new Promise<T>((resolve, reject) => {
      const cut = (reason: Error): void => {
        reject(reason);
        asked.destroy(reason);
      };
      const alive = async (): Promise<void> => {
        await way.alive();
        if (asked.reusedSocket && !answered) throw new StaleConnection();
      };
      watch = watchSilence({ alive, silence: LIMITS.silence.seconds }, cut);
      forget = mayHang(cut);
      asked
        .on('response', (response) => {
          heard();
          answered = true;
          read({ response }).then(resolve, reject);
        })
        .on('upgrade', (response, connection, head) => {
          heard();
          if (head.length > 0) connection.unshift(head);
          read({ response, connection }).then(resolve, reject);
        })
        .on('error', reject)
        .end(what && JSON.stringify(what));
    });
    const limited = within(LIMITS.question, answer, { end: (reason) => asked.destroy(reason) });
    return whileWaitingFor(LIMITS.ping.what, limited).finally(() => {
      watch?.stop();
      forget();
    });
  }

  return {
    ask<T>(path: string, query: Readonly<Record<string, unknown>> = {}): Promise<T | undefined> {
      const words = Object.entries(query).map(([name, value]): [string, string] => [
        name,
        JSON.stringify(value),
      ]);
      const search = words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
      return send({ method: 'GET', path: path + search }, async ({ response }) => {
        const body = await text(response);
        if (response.statusCode === 404) return undefined;
        const answer = JSON.parse(body) as T & { message?: string };
        if (response.statusCode === 200) return answer;
        throw new FailedError(
          `the container engine does not tell ${path}: ${answer.message ?? response.statusCode}`,
        );
      });
    },

    make: <T>(path: string, what: object): Promise<T> =>
      send({ method: 'POST', path, what }, async ({ response }) => {
        if (response.statusCode !== 201) throw await refusal(response);
        return JSON.parse(await text(response)) as T;
      }),

    remove: (path) =>
      send({ method: 'DELETE', path }, async ({ response }) => {
        if (response.statusCode !== 204 && response.statusCode !== 404) throw await refusal(response);
        response.resume();
      }),

    pathIn(container, path, limit = 0) {
      const query = new URLSearchParams({ path }).toString();
      const method = limit > 0 ? 'GET' : 'HEAD';
      return send({ method, path: `/containers/${container}/archive?${query}` }, ({ response }) =>
        readPath(response, limit),
      );
    },

    attach: (path, how) =>
      send({ method: 'POST', path, what: how, attaches: true }, async ({ response, connection }) => {
        if (!connection) throw await refusal(response);
        return connection;
      }),

    alive: way.alive,
  };
}

/** An error with the engine's own message. */
async function refusal(response: IncomingMessage): Promise<FailedError> {
  const body = await text(response);
  const said = body.startsWith('{') ? (JSON.parse(body) as { message?: string }).message : body;
  return new FailedError(said?.trim() || `the container engine answers with ${response.statusCode}`);
}

/**
 * `ask` for what every engine has, like its lists. A missing list must not count as an empty one: that could mean that
 * data is gone.
 *
 * @throws FailedError also when the engine does not have it
 */
export async function askOrThrow<T>(ask: AskEngine, ...question: Parameters<AskEngine>): Promise<T> {
  const answer = await ask<T>(...question);
  if (answer !== undefined) return answer;
  throw new FailedError(`the container engine does not tell ${question[0]}`);
}

/** The name of the engine's machine. */
export const engineHost = async (ask: AskEngine): Promise<string> =>
  (await askOrThrow<{ Name: string }>(ask, '/info')).Name;
