import type pg from 'pg';

/** Rows of all tables, and what no table has: sequences, large objects, and what the server keeps about the database. */
const PARTS = {
  relations: `
    SELECT c.oid::regclass::text AS name, relkind AS kind, relpersistence, relispopulated
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE relkind = ANY ('{r,m,S,v,p,f,i,I,c}') AND nspname !~ '^pg_|^information_schema$' ORDER BY 1`,
  'large objects': `
    SELECT oid, md5(lo_get(oid)), lomowner::regrole, lomacl::text FROM pg_largeobject_metadata ORDER BY oid`,
  itself: `
    SELECT to_jsonb(d) - '{oid,datfrozenxid,datminmxid}'::text[] AS attributes,
      shobj_description(d.oid, 'pg_database') AS comment,
      (SELECT jsonb_agg(to_jsonb(s) - 'setdatabase' ORDER BY setrole) FROM pg_db_role_setting s
       WHERE setdatabase = d.oid) AS settings,
      (SELECT jsonb_agg(subname ORDER BY subname) FROM pg_subscription WHERE subdbid = d.oid) AS subscriptions,
      (SELECT jsonb_agg(slot_name ORDER BY slot_name) FROM pg_replication_slots WHERE database = d.datname) AS slots,
      (SELECT count(*) FROM pg_prepared_xacts WHERE database = d.datname) AS prepared
    FROM pg_database d WHERE datname = current_database()`,
  statistics: `
    SELECT starelid::regclass::text, staattnum, stawidth, stadistinct FROM pg_statistic
    WHERE starelid >= 16384 ORDER BY 1, 2`,
};

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/**
 * All that a database consists of and pg_dump's schema does not show, one line each: what is equal here and there was
 * made of the same rows.
 */
export async function wholeDatabase(client: pg.Client): Promise<string[]> {
  await client.query(`SET search_path = pg_catalog; SET row_security = off; SET "TimeZone" = 'UTC'`);
  const lines: string[] = [];
  for (const [part, text] of Object.entries(PARTS)) {
    const { rows } = await client.query<Record<string, unknown>>(text);
    lines.push(...rows.map((row) => `${part} ${JSON.stringify(row)}`));
  }
  const { rows: stored } = await client.query<{ schema: string; name: string; kind: string }>(`
    SELECT nspname AS schema, relname AS name, relkind AS kind
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE (relkind IN ('r', 'S') OR relkind = 'm' AND relispopulated)
      AND nspname !~ '^pg_|^information_schema$' ORDER BY 1, 2`);
  for (const { schema, name, kind } of stored) {
    const from = `${kind === 'r' ? 'ONLY ' : ''}${quote(schema)}.${quote(name)}`;
    // `log_cnt` says how far the WAL is ahead of a sequence: after a checkpoint it is another one.
    const columns = kind === 'S' ? 'last_value, is_called' : '*';
    const { rows } = await client.query<{ rows: string }>(
      `SELECT count(*) || ' ' || md5(coalesce(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE "C"), '')) AS rows
       FROM (SELECT ${columns} FROM ${from}) t`,
    );
    lines.push(`rows of ${from}: ${rows[0]!.rows}`);
  }
  return lines;
}
