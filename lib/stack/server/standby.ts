import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { RefusedError } from '../../errors.ts';
import { whileWaitingFor } from '../../output/waiting.ts';
import type { Cluster } from './cluster.ts';
import type { Server } from './connection.ts';
import type { NodeSeen, NodeState } from './node.ts';
import { describeNodes } from './primary.ts';

/** A standby that has replayed all that the primary had committed when it was asked. */
interface CaughtUp {
  readonly server: Server;
  /** Bytes of WAL that it had yet to replay when the primary was asked; and seconds until it had. */
  readonly behind: number;
  readonly seconds: number;
}

/** Milliseconds between two questions. */
const PAUSE = 300;

/**
 * Writes a message into the primary's WAL, which changes nothing, and returns where it ends. Whatever was committed before
 * is replayed before it. Its commit has the WAL sent also where nobody else commits, and waits for no standby.
 *
 * @see https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-REPLICATION
 */
async function writeMark(client: Client): Promise<number> {
  await client.query('BEGIN');
  await client.query('SET LOCAL synchronous_commit TO local');
  const { rows } = await client.query<{ at: number }>(
    `SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_logical_emit_message(true, 'makesafe', 'backup'), '0/0')::pg_catalog.float8 AS at`,
  );
  await client.query('COMMIT');
  return rows[0]!.at;
}

/**
 * The first standby that has replayed a position of the primary's WAL, and follows its timeline: on another one, the same
 * position means nothing.
 *
 * @returns its place in the list; undefined if none has
 */
export function chooseStandby(
  seen: readonly NodeSeen[],
  { timeline }: Pick<NodeState, 'timeline'>,
  position: number,
): number | undefined {
  const place = seen.findIndex(
    (node) =>
      !('silent' in node) &&
      node.isStandby &&
      (timeline === null || node.timeline === timeline) &&
      (node.replayed ?? -1) >= position,
  );
  return place < 0 ? undefined : place;
}

/**
 * Waits until a standby has replayed all that the primary has committed by now: what is read there is never older than the
 * question.
 *
 * @param limit seconds
 * @throws RefusedError after the limit; UnclearPrimaryError if the primary changes meanwhile
 */
export async function standbyCaughtUp(
  cluster: Cluster,
  askPrimary: <T>(question: (client: Client) => Promise<T>) => Promise<T>,
  limit: number,
  signal: AbortSignal,
): Promise<CaughtUp> {
  const position = await askPrimary(writeMark);
  const began = performance.now();
  let seen = await cluster.makeSure();
  const first = seen;
  const waited = (async () => {
    for (;;) {
      const primary = seen.find(
        (node): node is NodeSeen & NodeState => !('silent' in node) && !node.isStandby,
      )!;
      const place = chooseStandby(seen, primary, position);
      const seconds = (performance.now() - began) / 1000;
      if (place !== undefined)
        return { server: cluster.nodes[place]!, behind: behindAt(first[place]!, position), seconds };
      if (seconds > limit) throw tooFarBehind(seen, limit);
      await sleep(PAUSE, undefined, { signal });
      seen = await cluster.makeSure();
    }
  })();
  return whileWaitingFor(
    () => `a standby to replay what the primary has: ${describeNodes(seen).join('; ')}`,
    waited,
  );
}

const behindAt = (node: NodeSeen, position: number): number =>
  'silent' in node || node.replayed === null ? 0 : Math.max(0, position - node.replayed);

const tooFarBehind = (seen: readonly NodeSeen[], limit: number): RefusedError =>
  new RefusedError(
    `no standby had replayed within ${limit} s what the primary had (server.maxReplayLag): no backup was taken\n${describeNodes(seen).join('\n')}`,
    {
      hint: `see why (pg_stat_replication on the primary; GRANT pg_read_all_stats lets our role see the timeline of a standby at once), or take server.backupFrom out of env/environments.ts`,
    },
  );
