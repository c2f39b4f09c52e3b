import type { TocEntry } from '../dump/toc.ts';

/** The objects in an archive, compared with those in a dump of the restored database. */
interface ObjectsFound {
  /** Number of objects in the archive. */
  readonly compared: number;
  /** Sentences: `TABLE mart.items is not in the backup`. */
  readonly differences: readonly string[];
}

/** Not part of the schema: data, and what belongs to the server, the database itself or roles. */
const NOT_SCHEMA = new Set([
  ...['TABLE DATA', 'SEQUENCE SET', 'MATERIALIZED VIEW DATA', 'STATISTICS DATA'],
  ...['BLOB', 'BLOBS', 'BLOB METADATA', 'BLOB COMMENTS'],
  ...['ACL', 'ACL LANGUAGE', 'DEFAULT ACL', 'DATABASE', 'DATABASE PROPERTIES'],
  ...['ENCODING', 'STDSTRINGS', 'SEARCHPATH'],
]);

/**
 * Comments and security labels on these are not compared: every new database has the schema and the extension already.
 */
const NOT_RESTORED = /^(DATABASE|EXTENSION|LARGE OBJECT) |^SCHEMA public$/;

const isSchema = ({ kind, schema, name, definition }: TocEntry): boolean =>
  definition !== '' &&
  !NOT_SCHEMA.has(kind) &&
  !(kind === 'SCHEMA' && name === 'public') &&
  !(/^(COMMENT|SECURITY LABEL)$/.test(kind) && schema === '' && NOT_RESTORED.test(name));

/** Compares the objects of two archives by kind and name. */
export function compareObjects(backedUp: readonly TocEntry[], restored: readonly TocEntry[]): ObjectsFound {
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

/** Number of entries by kind and name: several objects may have the same name, for example operators. */
function byTitle(entries: readonly TocEntry[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const entry of entries) {
    if (!isSchema(entry)) continue;
    const title = `${entry.kind} ${entry.schema === '' ? '' : `${entry.schema}.`}${entry.name}`;
    found.set(title, (found.get(title) ?? 0) + 1);
  }
  return found;
}
