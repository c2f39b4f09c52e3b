import { parseStatements, type Tree } from '../../sql/syntax.ts';
import type { Reading, WalkedRevision } from '../../stack/alembic/walk.ts';

type What = Reading['what'];

/** @see https://www.postgresql.org/docs/current/functions-datetime.html */
const CLOCK = ['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp', 'timeofday'];
/** @see https://www.postgresql.org/docs/current/functions-uuid.html */
const CHANCE = /^(random|random_normal|setseed|gen_random_(uuid|bytes)|uuid_generate_v[14]\w*|uuidv[47])$/;

/** Statements that store rows. A default of a column is no such thing: it is for the rows to come. */
const STORES = /^(InsertStmt|UpdateStmt|DeleteStmt|MergeStmt|CreateTableAsStmt)$/;

/** What the statements in a text store, or delete by, that is not the same elsewhere or later. `loadParser` first. */
export function readingsIn(sql: string): What[] {
  // The places for parameters, as the drivers have them.
  const plain = sql.replaceAll(/%\(\w+\)s|%s/g, 'NULL').replaceAll('%%', '%');
  const found = (parseStatements(plain) ?? []).flatMap(({ kind, node }) => within({ [kind]: node }, false));
  return [...new Set(found)];
}

function within(tree: Tree, stores: boolean): What[] {
  if (Array.isArray(tree)) return tree.flatMap((one) => within(one, stores));
  if (tree === null || typeof tree !== 'object') return [];
  return Object.entries(tree).flatMap(([key, value]): What[] => [
    ...(stores ? readBy(key, value) : []),
    ...within(value, stores || STORES.test(key)),
  ]);
}

function readBy(kind: string, node: Tree): What[] {
  if (node === null || typeof node !== 'object' || Array.isArray(node)) return [];
  if (kind === 'SQLValueFunction' && typeof node.op === 'string' && /TIME|DATE/.test(node.op))
    return ['the clock'];
  if (kind !== 'FuncCall') return [];
  const [last] = (node.funcname as { String?: { sval?: string } }[]).slice(-1);
  const name = last?.String?.sval ?? '';
  return CLOCK.includes(name) ? ['the clock'] : CHANCE.test(name) ? ['chance'] : [];
}

/** A revision, with what its statements read beside what its file does. */
export function withStoredReadings(revision: WalkedRevision): WalkedRevision {
  const { reads = [], reading = [] } = revision;
  const more = reading.flatMap(({ sql, line }) => readingsIn(sql).map((what) => ({ what, line })));
  const all = new Map([...reads, ...more].map((one) => [`${one.line} ${one.what}`, one]));
  return { ...revision, reads: [...all.values()] };
}
