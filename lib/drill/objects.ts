import type { Entry } from '../dump/toc.ts';

/** What an archive defines against what a dump of the restored database defines. */
interface ObjectsFound {
  /** Objects in the archive. */
  readonly compared: number;
  /** Sentences: `TABLE mart.items is not in the backup`. */
  readonly differences: readonly string[];
}

/** What is no part of the schema: data, and what belongs to the server, to the database itself or to its roles. */
const NOT_SCHEMA = new Set([
  ...['TABLE DATA', 'SEQUENCE SET', 'MATERIALIZED VIEW DATA', 'STATISTICS DATA'],
  ...['BLOB', 'BLOBS', 'BLOB METADATA', 'BLOB COMMENTS'],
  ...['ACL', 'ACL LANGUAGE', 'DEFAULT ACL', 'DATABASE', 'DATABASE PROPERTIES'],
  ...['ENCODING', 'STDSTRINGS', 'SEARCHPATH'],
]);

/** Of these pg_dump's name says whose they are: a new database has the schema and the extension already. */
const NOT_RESTORED = /^(DATABASE|EXTENSION|LARGE OBJECT) |^SCHEMA public$/;

const isSchema = ({ kind, schema, name, definition }: Entry): boolean =>
  definition !== '' &&
  !NOT_SCHEMA.has(kind) &&
  !(kind === 'SCHEMA' && name === 'public') &&
  !(/^(COMMENT|SECURITY LABEL)$/.test(kind) && schema === '' && NOT_RESTORED.test(name));

/** Compares the objects of two archives by kind and name. */
export function compareObjects(backedUp: readonly Entry[], restored: readonly Entry[]): ObjectsFound {
  const [before, after] = [byTitle(backedUp), byTitle(restored)];
  const differences: string[] = [];
  let compared = 0;
  for (const [title, count] of before) {
    compared += count;
    if ((after.get(title) ?? 0) < count) differences.push(`${title} is not in the restored database`);
  }
  for (const [title, count] of after)
    if ((before.get(title) ?? 0) < count) differences.push(`${title} is not in the backup`);
  return { compared, differences };
}

/** How many there are of each: several objects may have one name, as operators do. */
function byTitle(entries: readonly Entry[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of entries) {
    if (!isSchema(entry)) continue;
    const title = `${entry.kind} ${entry.schema === '' ? '' : `${entry.schema}.`}${entry.name}`;
    found.set(title, (found.get(title) ?? 0) + 1);
  }
  return found;
}
