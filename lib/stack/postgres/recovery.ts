import type { Client, DatabaseError } from 'pg';

/**
 * Whether a server is the primary of its cluster or a standby. The system identifier and the OIDs are the same on all
 * of them.
 *
 * @see https://www.postgresql.org/docs/current/warm-standby.html
 */
export interface Recovery {
  /** A standby replays the changes of a primary, and takes none itself. */
  readonly isStandby: boolean;
  /** Increases when a standby becomes the primary. Null on a standby, and if the server does not tell. */
  readonly timeline: number | null;
  /** Of a standby: the address of the server that it follows. Null if the role may not read it. */
  readonly primary: string | null;
}

const STATE = `
  SELECT pg_catalog.pg_is_in_recovery() AS "isStandby",
    (SELECT pg_catalog.concat(sender_host, ':', sender_port) FROM pg_catalog.pg_stat_wal_receiver
     WHERE sender_host IS NOT NULL) AS primary`;

/** The first eight digits of a WAL file's name. */
const TIMELINE = `
  SELECT pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8) AS timeline`;

export async function readRecovery(client: Client): Promise<Recovery> {
  const { rows } = await client.query<Omit<Recovery, 'timeline'>>(STATE);
  const { isStandby, primary } = rows[0]!;
  return { isStandby, primary, timeline: isStandby ? null : await readTimeline(client) };
}

/** Not in the same query: managed servers may not have these functions, or keep them from our role. */
async function readTimeline(client: Client): Promise<number | null> {
  try {
    const { rows } = await client.query<{ timeline: string }>(TIMELINE);
    return Number.parseInt(rows[0]!.timeline, 16);
  } catch (error) {
    if ((error as Partial<DatabaseError>).code === undefined) throw error;
    return null;
  }
}
