import type { Client, DatabaseError } from 'pg';
import { readRecovery, type Recovery } from '../postgres/recovery.ts';
import { readSystemIdentifier } from '../postgres/system-identifier.ts';

/** What a server of a cluster says of itself. */
export interface NodeState extends Recovery {
  /** The same on all servers of a cluster. Null if the role may not read it. */
  readonly systemIdentifier: string | null;
  /** Of a standby: how far its WAL has come, in bytes: replayed, and received. Of a primary both: written. Null: unknown. */
  readonly replayed: number | null;
  readonly received: number | null;
}

/** A server of a cluster, as it was seen. */
export type NodeSeen = {
  readonly address: string;
  /** Whether its status URL says that it is the primary. Undefined if there is none. */
  readonly called?: boolean;
} & ({ readonly silent: string } | NodeState);

/** The end of WAL, on a primary or a standby. */
const POSITIONS = `
  SELECT pg_catalog.pg_wal_lsn_diff(replayed, '0/0')::pg_catalog.float8 AS replayed,
    pg_catalog.pg_wal_lsn_diff(received, '0/0')::pg_catalog.float8 AS received
  FROM (SELECT
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
      ELSE pg_catalog.pg_current_wal_lsn() END AS replayed,
    CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_receive_lsn()
      ELSE pg_catalog.pg_current_wal_lsn() END AS received) AS positions`;

/** The timeline that a standby replays. What its control file knows may be an earlier one, never a later one. */
const TIMELINE_OF_STANDBY = `
  SELECT greatest((SELECT received_tli FROM pg_catalog.pg_stat_wal_receiver),
    (SELECT min_recovery_end_timeline FROM pg_catalog.pg_control_recovery()),
    (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint())) AS timeline`;

export async function readNode(client: Client): Promise<NodeState> {
  const recovery = await readRecovery(client);
  const positions = await orNothing<Pick<NodeState, 'replayed' | 'received'>>(client, POSITIONS);
  const followed = recovery.isStandby
    ? await orNothing<{ timeline: number | null }>(client, TIMELINE_OF_STANDBY)
    : undefined;
  return {
    ...recovery,
    timeline: followed ? followed.timeline : recovery.timeline,
    systemIdentifier: await readSystemIdentifier(client),
    ...{ replayed: positions?.replayed ?? null, received: positions?.received ?? null },
  };
}

/** Managed servers may not have these functions, or keep them from our role. */
async function orNothing<T extends object>(client: Client, sql: string): Promise<T | undefined> {
  try {
    return (await client.query<T>(sql)).rows[0];
  } catch (error) {
    if ((error as Partial<DatabaseError>).code === undefined) throw error;
    return undefined;
  }
}
