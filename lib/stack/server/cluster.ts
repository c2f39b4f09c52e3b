import { addressOf, type ServerEntry } from '../../environment/server-entry.ts';
import {
  ConfigurationError,
  FailedError,
  UnclearPrimaryError,
  UnreachableError,
  messageOf,
} from '../../errors.ts';
import type { Server } from './connection.ts';
import type { NodeSeen, NodeState } from './node.ts';
import { choosePrimary, describeNodes } from './primary.ts';
import { callsItPrimary } from './status.ts';

/** The servers of an entry: one, or several of which one is the primary. */
export class Cluster {
  readonly nodes: readonly Server[];
  /** Whether the entry names a cluster, so that its servers are asked. */
  readonly isCluster: boolean;
  readonly #status: readonly string[] | undefined;
  readonly #ask: (server: Server) => Promise<NodeState>;
  #found: Promise<Server> | undefined;

  /**
   * @param nodes of the entry, in its order
   * @param ask asks a node what it is, with a limit of time
   */
  constructor(
    nodes: readonly Server[],
    { hosts, status }: ServerEntry,
    ask: (server: Server) => Promise<NodeState>,
  ) {
    this.nodes = nodes;
    this.isCluster = hosts !== undefined;
    this.#status = status;
    this.#ask = ask;
  }

  /**
   * The server to use. Of several the primary, which is asked for once: from then on it is the same one, whatever
   * happens to the cluster.
   *
   * @throws UnreachableError if none answers; UnclearPrimaryError with what was seen
   */
  node(): Promise<Server> {
    this.#found ??= this.#find().catch((error: unknown) => {
      // Whoever waits for the cluster asks again.
      this.#found = undefined;
      throw error;
    });
    return this.#found;
  }

  /** Forgets which one was found: the next session asks all of them again. */
  forget(): void {
    this.#found = undefined;
  }

  /** As `look`. @throws UnclearPrimaryError if another one than the server in use is the primary, or may be */
  async makeSure(): Promise<readonly NodeSeen[]> {
    const used = await this.node();
    const seen = await this.look();
    if (this.nodes[primaryOf(seen)] === used) return seen;
    throw unclear(`${addressOf(used)} is the primary no more`, seen);
  }

  /** What each one says of itself now. @throws the first error if none answers */
  async look(): Promise<readonly NodeSeen[]> {
    const asked = await Promise.all(this.nodes.map((server, index) => this.#see(server, index)));
    if (asked.every(({ error }) => error !== undefined)) throw noneAnswers(asked.map(({ error }) => error));
    return asked.map(({ seen }) => seen);
  }

  async #find(): Promise<Server> {
    if (!this.isCluster) return this.nodes[0]!;
    return this.nodes[primaryOf(await this.look())]!;
  }

  async #see(server: Server, index: number): Promise<{ readonly seen: NodeSeen; readonly error?: unknown }> {
    const url = this.#status?.[index];
    const [called, state] = await Promise.all([
      url === undefined ? undefined : callsItPrimary(url, server.ca),
      this.#ask(server).catch((error: unknown) => ({ error })),
    ]);
    const about = { address: addressOf(server), ...(called === undefined ? {} : { called }) };
    if (!('error' in state)) return { seen: { ...about, ...state } };
    return { seen: { ...about, silent: whySilent(state.error) }, error: state.error };
  }
}

/** Behind "does not answer": an UnreachableError begins with just that, and has what happened as its cause. */
const whySilent = (error: unknown): string =>
  messageOf(error instanceof UnreachableError && error.cause !== undefined ? error.cause : error);

/** The place of the primary. @throws UnclearPrimaryError with what was seen */
function primaryOf(seen: readonly NodeSeen[]): number {
  const chosen = choosePrimary(seen);
  if ('primary' in chosen) return chosen.primary;
  throw unclear(chosen.unclear, seen);
}

const unclear = (why: string, seen: readonly NodeSeen[]): UnclearPrimaryError =>
  new UnclearPrimaryError(`${why}\n${describeNodes(seen).join('\n')}`, {
    hint: 'see what happens to the cluster (with Patroni: patronictl list), then type this again',
  });

/** A wrong password or another certificate says more than that a server is down. */
function noneAnswers(errors: readonly unknown[]): unknown {
  const telling = errors.find((error) => error instanceof ConfigurationError || error instanceof FailedError);
  return (
    telling ?? new UnreachableError([...new Set(errors.map(messageOf))].join('; '), { cause: errors[0] })
  );
}
