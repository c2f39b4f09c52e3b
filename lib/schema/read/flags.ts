import type { Client } from 'pg';
import type { Facet } from './facet.ts';
import { fact } from './objects.ts';

/** Facts about objects. The key is the oids of catalog and object: `3079/16496`. */
export type FacetsOf = ReadonlyMap<string, readonly Facet[]>;

interface Row {
  readonly catalog: string;
  readonly class: Facet['class'];
  readonly label: string;
  readonly text: string;
}

/** Queries for catalog, class, label and text. No row for what a dump restores correctly. */
const FLAGS = [
  // Of a language with a built-in handler, pg_dump writes only the name.
  `SELECT tableoid || '/' || oid, 'definition', '', 'trusted' FROM pg_language WHERE lanpltrusted AND oid >= 16384`,
  `SELECT tableoid || '/' || oid, 'definition', 'version', extversion FROM pg_extension`,
  // pg_dump writes every subscription as disabled. Not every role may read that catalog's tableoid.
  `SELECT 'pg_subscription'::regclass::oid || '/' || oid, 'definition', '', 'enabled' FROM pg_subscription
   WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  // Triggers enforce a foreign key, and a restore may have left them disabled. A partition's triggers belong to a
  // constraint that has a parent.
  `(WITH RECURSIVE changed AS (
      SELECT DISTINCT tgconstraint AS id, tgrelid, tgenabled FROM pg_trigger
      WHERE tgisinternal AND tgconstraint <> 0 AND tgenabled <> 'O'
      UNION SELECT conparentid, tgrelid, tgenabled FROM changed JOIN pg_constraint c ON c.oid = id WHERE conparentid <> 0)
    SELECT c.tableoid || '/' || c.oid, 'definition', 'its triggers on ' || tgrelid::regclass::text,
           CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END
    FROM changed JOIN pg_constraint c ON c.oid = id WHERE conparentid = 0
    ORDER BY 3)`,
  // The partitioned table no longer has its rows. The column exists since 14.
  `SELECT 'pg_class'::regclass::oid || '/' || inhrelid, 'definition', '',
          'DETACH PARTITION CONCURRENTLY from ' || inhparent::regclass::text || ' was interrupted'
   FROM pg_inherits i WHERE (to_jsonb(i) ->> 'inhdetachpending')::bool`,
  // Validated in a child only: pg_dump does not write what a child inherits.
  ...[
    `pg_constraint child JOIN pg_constraint parent ON parent.oid = child.conparentid`,
    `pg_inherits JOIN pg_constraint child ON child.conrelid = inhrelid AND child.coninhcount > 0 AND child.contype IN ('c', 'n')
     JOIN pg_constraint parent ON parent.conrelid = inhparent AND parent.conname = child.conname`,
  ].map(
    (pairs) => `
      SELECT 'pg_class'::regclass::oid || '/' || child.conrelid, 'definition', 'constraint ' || child.conname,
             CASE WHEN child.convalidated THEN 'validated' ELSE 'NOT VALID' END || ', unlike that of ' || parent.conrelid::regclass::text
      FROM ${pairs} WHERE child.convalidated <> parent.convalidated AND child.contype = parent.contype`,
  ),
  // Before 18, a column of a child may be nullable although the parent's is not. A restore makes it NOT NULL.
  `SELECT 'pg_class'::regclass::oid || '/' || child.attrelid, 'definition', 'column ' || child.attname,
          'may be null, unlike that of ' || inhparent::regclass::text
   FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid AND relkind IN ('r', 'p', 'f')
     JOIN pg_attribute child ON child.attrelid = inhrelid AND NOT child.attnotnull AND child.attnum > 0
     JOIN pg_attribute parent ON parent.attrelid = inhparent AND parent.attname = child.attname AND parent.attnotnull
   WHERE NOT child.attisdropped AND NOT EXISTS (SELECT FROM pg_constraint
     WHERE conrelid = inhparent AND contype = 'n' AND connoinherit AND conkey = ARRAY[parent.attnum])`,
  // That index was dropped. The table now behaves as with REPLICA IDENTITY NOTHING, but pg_dump writes the default.
  `SELECT c.tableoid || '/' || c.oid, 'storage', '', 'REPLICA IDENTITY USING an index that is gone'
   FROM pg_class c WHERE relreplident = 'i' AND relkind IN ('r', 'p')
     AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisreplident)`,
  // Comments that pg_dump does not write: of a partition's trigger, a view's own rule, an inherited constraint.
  `SELECT 'pg_class'::regclass::oid || '/' || tgrelid, 'storage', 'comment of trigger ' || tgname, description
   FROM pg_trigger t JOIN pg_description d ON d.objoid = t.oid AND d.classoid = t.tableoid WHERE tgparentid <> 0`,
  `SELECT 'pg_class'::regclass::oid || '/' || ev_class, 'storage', 'comment of its rule', description
   FROM pg_rewrite r JOIN pg_description d ON d.objoid = r.oid AND d.classoid = r.tableoid
   WHERE rulename = '_RETURN' AND r.oid >= 16384`,
  `SELECT 'pg_class'::regclass::oid || '/' || conrelid, 'storage', 'comment of constraint ' || conname, description
   FROM pg_constraint c JOIN pg_description d ON d.objoid = c.oid AND d.classoid = c.tableoid
   WHERE conrelid <> 0 AND contype IN ('c', 'n') AND NOT conislocal`,
  // Indexes that were sorted with the recorded version may be in the wrong order for the operating system's version.
  `SELECT tableoid || '/' || oid, 'storage', '', 'has the version of another operating system'
   FROM pg_collation WHERE oid >= 16384 AND collversion <> pg_collation_actual_version(oid)`,
];

/** The same for the database. PostgreSQL records it since 15. */
const DATABASE_COLLATION = `
  SELECT 'database', 'storage', '', 'has the collation version of another operating system'
  FROM pg_database WHERE datname = current_database() AND datcollversion <> pg_database_collation_actual_version(oid)`;

const LABELS = `
  SELECT 'database', 'definition', 'security label of ' || provider, label
  FROM pg_shseclabel JOIN pg_database d ON d.oid = objoid AND classoid = d.tableoid WHERE datname = current_database()`;

/**
 * Reads what the definitions in a dump do not say: what pg_dump leaves out, and what a restore would silently repair.
 *
 * @param major version of the server
 */
export async function readFlags(client: Client, major: number): Promise<FacetsOf> {
  const all = [...FLAGS, LABELS, ...(major >= 15 ? [DATABASE_COLLATION] : [])];
  const { rows } = await client.query<Row>(
    `SELECT * FROM (${all.join(' UNION ALL ')}) AS found (catalog, class, label, text)`,
  );
  const facts = new Map<string, readonly Facet[]>();
  for (const { catalog, class: kind, label, text } of rows)
    facts.set(catalog, [...(facts.get(catalog) ?? []), fact(kind, label, text)]);
  return facts;
}
