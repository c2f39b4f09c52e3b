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
 * Asks an engine for something, by the path of its API. Undefined for what it does not have.
 *
 * https://docs.docker.com/reference/api/engine/ without a version in the path: the engine answers as it is.
 *
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with what the engine said
 */
export type Ask = <T>(path: string, query?: Readonly<Record<string, unknown>>) => Promise<T | undefined>;

/** An engine's API. */
export interface Engine {
  readonly ask: Ask;
  /** Has the engine make something. @throws like `ask`, also when it does not have what the path names */
  readonly make: <T>(path: string, what: object) => Promise<T>;
  /** Removes what the path names; no matter when it is not there. */
  readonly remove: (path: string) => Promise<void>;
  /**
   * What the engine says of a path in a container, running or not: its head, and the start of a tar of it.
   *
   * https://docs.docker.com/reference/api/engine/version/v1.48/#tag/Container/operation/ContainerArchiveInfo
   *
   * @param limit bytes of the tar at the most; 0 for none
   * @returns undefined for a path that does not exist
   */
  readonly pathIn: (container: string, path: string, limit?: number) => Promise<PathIn | undefined>;
  /** The same where the answer is a connection: to a process, for one. */
  readonly attach: (path: string, how: object) => Promise<Duplex>;
  /** Whether it is there, asked on a connection of its own. @throws UnreachableError */
  readonly alive: Way['alive'];
}

/** Questions wait for those that take longer, like `/info`, where each connection is a process. */
const DIALLED = 2;

interface Answer {
  readonly response: IncomingMessage;
  /** Where the engine has made a connection of the request. */
  readonly connection?: Duplex;
}

interface Question {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly path: string;
  readonly what?: object;
  /** The answer is a connection. */
  readonly attaches?: boolean;
}

/** One that was kept carries nothing any more, and the engine answers on a new one: a gateway has forgotten it. */
class StaleConnection extends Error {}

/**
 * The engine that docker would choose: by its socket, where that is on this machine, else over a connection that docker
 * makes, by TCP or ssh, as its context says. A docker command for each question takes longer to start than the engine to
 * answer.
 */
export function openEngine(docker: Docker, socket: string | undefined): Engine {
  const said: string[] = [];
  const way = wayTo(socket, docker('system', 'dial-stdio'));
  const connect = (): Duplex => way.connect((text) => said.push(text));
  const agent = new Agent({ keepAlive: true, maxSockets: socket === undefined ? DIALLED : Infinity });
  Object.assign(agent, { createConnection: connect });

  /** @param read has to read the answer to its end, which is part of the wait */
  async function send<T>(question: Question, read: (answer: Answer) => Promise<T>): Promise<T> {
    const { method, path, what, attaches = false } = question;
    const headers = {
      ...(what ? { 'Content-Type': 'application/json' } : {}),
      ...(attaches ? { Connection: 'Upgrade', Upgrade: 'tcp' } : {}),
    };
    const asked = request({
      ...{ method, path, headers, host: 'docker' },
      // What becomes a connection to something else is none for the next question.
      ...(attaches ? { createConnection: connect } : { agent }),
    });
    try {
      return await answerOf(asked, what, read);
    } catch (error) {
      if (error instanceof MakesafeError) throw error;
      // The engine may have been restarted since the last question.
      if (asked.reusedSocket) return send(question, read);
      // Docker says best what is wrong.
      await runOrThrow(docker('version', '--format', '{{.Server.Version}}'), { limit: LIMITS.reason });
      const why = said.join('').trim() || messageOf(error);
      throw new UnreachableError(`the container engine does not answer: ${why}`, { cause: error });
    }
  }

  /** Waits as long as the engine is there, up to a limit. @throws UnreachableError · CancelledError, the request cut */
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

/** In the words that the engine answers with. */
async function refusal(response: IncomingMessage): Promise<FailedError> {
  const body = await text(response);
  const said = body.startsWith('{') ? (JSON.parse(body) as { message?: string }).message : body;
  return new FailedError(said?.trim() || `the container engine answers with ${response.statusCode}`);
}

/**
 * `ask` for what every engine has, like its lists: that nothing is in one may mean that data are gone.
 *
 * @throws FailedError also when the engine does not have it
 */
export async function askOrThrow<T>(ask: Ask, ...question: Parameters<Ask>): Promise<T> {
  const answer = await ask<T>(...question);
  if (answer !== undefined) return answer;
  throw new FailedError(`the container engine does not tell ${question[0]}`);
}

/** The name of the engine's own machine. */
export const engineHost = async (ask: Ask): Promise<string> =>
  (await askOrThrow<{ Name: string }>(ask, '/info')).Name;
