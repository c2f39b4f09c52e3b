import { spawn } from 'node:child_process';
import { Agent, request, type IncomingMessage } from 'node:http';
import { Duplex, type Readable, type Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { FailedError, UnreachableError, messageOf } from '../../errors.ts';
import { childEnvironment } from '../../process.ts';
import { must, type Docker } from './docker.ts';

/**
 * Asks an engine for something, by the path of its API. Undefined for what it does not have.
 *
 * https://docs.docker.com/reference/api/engine/ without a version in the path: the engine answers as it is.
 *
 * @throws UnreachableError when docker is not installed or its engine does not answer
 * @throws FailedError with what the engine said
 */
export type Ask = <T>(path: string, query?: Readonly<Record<string, unknown>>) => Promise<T | undefined>;

/** Questions wait for those that take longer, like `/info`. */
const CONNECTIONS = 2;

/**
 * Questions to the engine that docker would choose, over a connection that docker makes: by the socket, TCP or ssh, as
 * its context says. A docker command for each of them takes longer to start than the engine to answer.
 */
export function askEngine(docker: Docker): Ask {
  const said: string[] = [];
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  Object.assign(agent, { createConnection: () => dial(docker, (text) => said.push(text)) });

  async function get(path: string): Promise<{ status: number; body: string }> {
    const asked = request({ agent, path, host: 'docker' });
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) =>
        asked.on('response', resolve).on('error', reject).end(),
      );
      return { status: response.statusCode!, body: await text(response) };
    } catch (error) {
      // The engine may have been restarted since the last question.
      if (asked.reusedSocket) return get(path);
      // Docker says best what is wrong.
      await must(docker('version', '--format', '{{.Server.Version}}'));
      const why = said.join('').trim() || messageOf(error);
      throw new UnreachableError(`the container engine does not answer: ${why}`, { cause: error });
    }
  }

  return async <T>(path: string, query: Readonly<Record<string, unknown>> = {}): Promise<T | undefined> => {
    const words = Object.entries(query).map(([name, value]): [string, string] => [
      name,
      JSON.stringify(value),
    ]);
    const search = words.length === 0 ? '' : `?${new URLSearchParams(words).toString()}`;
    const { status, body } = await get(path + search);
    if (status === 404) return undefined;
    const answer = JSON.parse(body) as T & { message?: string };
    if (status === 200) return answer;
    throw new FailedError(`the container engine does not tell ${path}: ${answer.message ?? status}`);
  };
}

/**
 * The same for what every engine has, like its lists: that nothing is in one may mean that data are gone.
 *
 * @throws FailedError also when the engine does not have it
 */
export async function demand<T>(ask: Ask, ...question: Parameters<Ask>): Promise<T> {
  const answer = await ask<T>(...question);
  if (answer !== undefined) return answer;
  throw new FailedError(`the container engine does not tell ${question[0]}`);
}

/** The name of the engine's own machine. */
export const engineHost = async (ask: Ask): Promise<string> =>
  (await demand<{ Name: string }>(ask, '/info')).Name;

/** A connection to the engine. It keeps nobody from ending, and ends with this process. */
function dial(docker: Docker, complain: (text: string) => void): Duplex {
  const { file, args } = docker('system', 'dial-stdio');
  // Its own process group: Ctrl-C must not cut what is asked while the old state is put back.
  const child = spawn(file, [...args], { env: childEnvironment(), stdio: 'pipe', detached: true });
  child.stderr.setEncoding('utf8').on('data', complain);
  const connection = Duplex.from({ writable: child.stdin, readable: child.stdout });
  child.on('error', (error) => connection.destroy(error));
  const handles = [child, ...child.stdio] as ((Readable | Writable) & { ref(): void; unref(): void })[];
  // What node:http expects of a socket.
  return Object.assign(connection, {
    setNoDelay: () => connection,
    setKeepAlive: () => connection,
    setTimeout: () => connection,
    ref: () => (handles.forEach((handle) => handle.ref()), connection),
    unref: () => (handles.forEach((handle) => handle.unref()), connection),
  });
}
