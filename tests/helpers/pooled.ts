import type pg from 'pg';

/** What a pooler itself sets in a session of the server for the client that it lends it to. */
const OF_POOLER = [
  'application_name',
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'standard_conforming_strings',
];

const LEFT = `
  SELECT format('%s is %s', name, setting) AS what FROM pg_catalog.pg_settings
  WHERE source = 'session' AND name <> ALL ($1) AND name !~ '^transaction_'
  UNION ALL SELECT format('advisory lock %s %s', classid, objid) FROM pg_catalog.pg_locks
  WHERE locktype = 'advisory' AND pid = pg_catalog.pg_backend_pid()`;

/** Text, because values of the driver have milliseconds only. */
const BEGAN = `SELECT backend_start::text AS began, pg_catalog.transaction_timestamp()::text AS now
  FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()`;

/**
 * What clients before have left in the sessions that a pooler keeps: settings and locks. All of them are borrowed at once,
 * each in a transaction, until the pooler has to open another one.
 *
 * @param connect opens a session through the pooler
 */
export async function leftInPool(connect: () => Promise<pg.Client>): Promise<string[]> {
  const clients: pg.Client[] = [];
  const left: string[] = [];
  let started: string | undefined;
  let isNew = false;
  try {
    while (!isNew) {
      const client = await connect();
      client.on('error', () => {});
      clients.push(client);
      await client.query('BEGIN');
      const { began, now } = (await client.query<{ began: string; now: string }>(BEGAN)).rows[0]!;
      isNew = started !== undefined && began > started;
      started ??= now;
      left.push(...(await client.query<{ what: string }>(LEFT, [OF_POOLER])).rows.map(({ what }) => what));
    }
  } finally {
    for (const client of clients) await client.end();
  }
  return left;
}
