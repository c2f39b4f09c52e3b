import type { Client } from 'pg';
import { quoteName, quoteText } from '../sql/quote.ts';

/**
 * Drops all subscriptions of a database, because the server refuses to drop a database that has some. The publisher is
 * not touched: each subscription first gives up its slot there.
 *
 * @param client of that database
 */
export async function dropSubscriptions(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; enabled: boolean }>(
    `SELECT subname AS name, subenabled AS enabled FROM pg_subscription JOIN pg_database AS d ON d.oid = subdbid
     WHERE datname = current_database()`,
  );
  for (const { name, enabled } of rows) {
    const subscription = `SUBSCRIPTION ${quoteName(name)}`;
    if (enabled) await client.query(`ALTER ${subscription} DISABLE`);
    await client.query(`ALTER ${subscription} SET (slot_name = NONE)`);
    await client.query(`DROP ${subscription}`);
  }
}

/** Rolls back prepared transactions: with one, the database can never be dropped. @param client of that database */
export async function rollBackPrepared(client: Client): Promise<void> {
  const { rows } = await client.query<{ gid: string }>(
    'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()',
  );
  for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${quoteText(gid)}`);
}
