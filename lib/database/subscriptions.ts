import type { Client } from 'pg';
import { parseStatements, type Node } from '../sql/syntax.ts';
import { quoteName, quoteText } from '../sql/quote.ts';

/**
 * Drops the subscriptions of a database that is about to be dropped, which the server would refuse to drop otherwise. Where
 * they get their rows from nothing is touched: their slots there are let go of before.
 *
 * @param client in that database
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

/** They would keep the database from being dropped, for ever. @param client in that database */
export async function rollBackPrepared(client: Client): Promise<void> {
  const { rows } = await client.query<{ gid: string }>(
    'SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()',
  );
  for (const { gid } of rows) await client.query(`ROLLBACK PREPARED ${quoteText(gid)}`);
}

/** Options that hold for whoever has the copy. Slot, connecting and enabling are what a copy must not have. */
const KEPT =
  /^(?:binary|streaming|disable_on_error|password_required|run_as_owner|origin|synchronous_commit)$/;

/**
 * The subscription of a dump as a copy may have it: disabled and without a slot. Connects to nobody.
 *
 * @returns undefined for anything but a single CREATE SUBSCRIPTION
 */
export function asCopy(sql: string): string | undefined {
  const statements = parseStatements(sql);
  const [statement] = statements ?? [];
  if (statements?.length !== 1 || statement?.kind !== 'CreateSubscriptionStmt') return undefined;
  const { subname, conninfo, publication, options = [] } = statement.node;
  const publications = (publication as Node[]).map((one) => textOf(one));
  const kept = (options as Node[])
    .map((option) => option['DefElem'] as Node)
    .flatMap((element) => {
      const name = element['defname'] as string;
      const value = textOf(element['arg'] as Node);
      return KEPT.test(name) ? [`${name} = ${quoteText(value)}`] : [];
    });
  const off = ['connect = false', 'enabled = false', 'create_slot = false', 'slot_name = NONE'];
  return [
    `CREATE SUBSCRIPTION ${quoteName(subname as string)} CONNECTION ${quoteText(conninfo as string)}`,
    `PUBLICATION ${publications.map(quoteName).join(', ')} WITH (${[...off, ...kept].join(', ')})`,
  ].join(' ');
}

/** Of `String`, a number, or the name of a type, which is how the parser takes a bare word. */
function textOf(node: Node | undefined): string {
  if (node === undefined) return 'true';
  const [[kind, value]] = Object.entries(node) as [[string, Node]];
  if (kind === 'TypeName') return textOf((value['names'] as Node[]).at(-1));
  const plain = value['sval'] ?? value['ival'] ?? value['boolval'] ?? '';
  return typeof plain === 'string' ? plain : JSON.stringify(plain);
}
