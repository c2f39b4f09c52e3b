import type { Client } from 'pg';
import type { Facet } from './facet.ts';
import { fact } from './objects.ts';

/** Facts of objects by catalog and object identifier: `3079/16496`. */
export type Facts = ReadonlyMap<string, readonly Facet[]>;

interface Row {
  readonly catalog: string;
  readonly class: Facet['class'];
  readonly label: string;
  readonly text: string;
}

/** Each gives rows of catalog, class, label and text. What is as a dump restores it gives none. */
const FLAGS = [
  // pg_dump says of a language whose handler is the server's own no more than its name.
  `SELECT tableoid || '/' || oid, 'definition', '', 'trusted' FROM pg_language WHERE lanpltrusted AND oid >= 16384`,
  `SELECT tableoid || '/' || oid, 'definition', 'version', extversion FROM pg_extension`,
  // Every subscription is printed as a disabled one. Not everybody may ask that catalog for its tableoid.
  `SELECT 'pg_subscription'::regclass::oid || '/' || oid, 'definition', '', 'enabled' FROM pg_subscription
   WHERE subenabled AND subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())`,
  // What enforces a foreign key are triggers, which a restore may have left disabled; those on partitions belong to
  // constraints that have a parent.
  `(WITH RECURSIVE changed AS (
      SELECT DISTINCT tgconstraint AS id, tgrelid, tgenabled FROM pg_trigger
      WHERE tgisinternal AND tgconstraint <> 0 AND tgenabled <> 'O'
      UNION SELECT conparentid, tgrelid, tgenabled FROM changed JOIN pg_constraint c ON c.oid = id WHERE conparentid <> 0)
    SELECT c.tableoid || '/' || c.oid, 'definition', 'its triggers on ' || tgrelid::regclass::text,
           CASE tgenabled WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END
    FROM changed JOIN pg_constraint c ON c.oid = id WHERE conparentid = 0
    ORDER BY 3)`,
  // Its rows are no longer among those of the partitioned table. The column is there since 14.
  `SELECT 'pg_class'::regclass::oid || '/' || inhrelid, 'definition', '',
          'DETACH PARTITION CONCURRENTLY from ' || inhparent::regclass::text || ' was interrupted'
   FROM pg_inherits i WHERE (to_jsonb(i) ->> 'inhdetachpending')::bool`,
  // Validated in a child alone: pg_dump leaves out what a child has inherited.
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
  // Up to 17 a child may have less than its parent, which is what a restore gives back.
  `SELECT 'pg_class'::regclass::oid || '/' || child.attrelid, 'definition', 'column ' || child.attname,
          'may be null, unlike that of ' || inhparent::regclass::text
   FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid AND relkind IN ('r', 'p', 'f')
     JOIN pg_attribute child ON child.attrelid = inhrelid AND NOT child.attnotnull AND child.attnum > 0
     JOIN pg_attribute parent ON parent.attrelid = inhparent AND parent.attname = child.attname AND parent.attnotnull
   WHERE NOT child.attisdropped AND NOT EXISTS (SELECT FROM pg_constraint
     WHERE conrelid = inhparent AND contype = 'n' AND connoinherit AND conkey = ARRAY[parent.attnum])`,
  // It was dropped; what is left is as good as NOTHING, and pg_dump prints the default.
  `SELECT c.tableoid || '/' || c.oid, 'storage', '', 'REPLICA IDENTITY USING an index that is gone'
   FROM pg_class c WHERE relreplident = 'i' AND relkind IN ('r', 'p')
     AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = c.oid AND indisreplident)`,
  // Comments on parts that pg_dump does not write: of a partition's trigger, of a view's own rule, of what is inherited.
  `SELECT 'pg_class'::regclass::oid || '/' || tgrelid, 'storage', 'comment of trigger ' || tgname, description
   FROM pg_trigger t JOIN pg_description d ON d.objoid = t.oid AND d.classoid = t.tableoid WHERE tgparentid <> 0`,
  `SELECT 'pg_class'::regclass::oid || '/' || ev_class, 'storage', 'comment of its rule', description
   FROM pg_rewrite r JOIN pg_description d ON d.objoid = r.oid AND d.classoid = r.tableoid
   WHERE rulename = '_RETURN' AND r.oid >= 16384`,
  `SELECT 'pg_class'::regclass::oid || '/' || conrelid, 'storage', 'comment of constraint ' || conname, description
   FROM pg_constraint c JOIN pg_description d ON d.objoid = c.oid AND d.classoid = c.tableoid
   WHERE conrelid <> 0 AND contype IN ('c', 'n') AND NOT conislocal`,
  // What was sorted by the version on record may be in the wrong order for that of the operating system.
  `SELECT tableoid || '/' || oid, 'storage', '', 'has the version of another operating system'
   FROM pg_collation WHERE oid >= 16384 AND collversion <> pg_collation_actual_version(oid)`,
];

/** The same of the database itself; 15 is the first that keeps it. */
const DATABASE_COLLATION = `
  SELECT 'database', 'storage', '', 'has the collation version of another operating system'
  FROM pg_database WHERE datname = current_database() AND datcollversion <> pg_database_collation_actual_version(oid)`;

const LABELS = `
  SELECT 'database', 'definition', 'security label of ' || provider, label
  FROM pg_shseclabel JOIN pg_database d ON d.oid = objoid AND classoid = d.tableoid WHERE datname = current_database()`;

/**
 * Reads what the definitions of a dump do not say: what pg_dump passes over, and what a restore would silently mend.
 *
 * @param major of the server
 */
export async function readFlags(client: Client, major: number): Promise<Facts> {
  const all = [...FLAGS, LABELS, ...(major >= 15 ? [DATABASE_COLLATION] : [])];
  const { rows } = await client.query<Row>(
    `SELECT * FROM (${all.join(' UNION ALL ')}) AS found (catalog, class, label, text)`,
  );
  const facts = new Map<string, readonly Facet[]>();
  for (const { catalog, class: kind, label, text } of rows)
    facts.set(catalog, [...(facts.get(catalog) ?? []), fact(kind, label, text)]);
  return facts;
}
