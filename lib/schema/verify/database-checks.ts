import { counted } from '../../output/display.ts';
import { withoutBase } from './environment-checks.ts';
import { failed, skipped, passed, some, warning, type Check } from '../../output/check-result.ts';
import type { VerifyFacts } from './facts.ts';

/** Objects in the database that do not work fully, even if the schema is the same. */

export const indexesValid: Check<VerifyFacts> = {
  name: 'indexes valid',
  async look({ query }) {
    // Left by a failed CREATE INDEX CONCURRENTLY, or an index of a partitioned table that lacks some partitions.
    // https://www.postgresql.org/docs/current/catalog-pg-index.html
    const invalid = await names(
      query,
      `SELECT format('%I.%I', nspname, relname) AS name
       FROM pg_index JOIN pg_class c ON c.oid = indexrelid JOIN pg_namespace n ON n.oid = relnamespace
       WHERE NOT (indisvalid AND indisready AND indislive) AND nspname !~ '^pg_temp_' ORDER BY 1`,
    );
    if (invalid.length === 0) return passed('all');
    return failed(`invalid: ${some(invalid)}`, `REINDEX INDEX CONCURRENTLY ${invalid[0]}`);
  },
};

/** Constraints that were created NOT VALID and never validated since. */
const NOT_VALIDATED = `
  SELECT format('%I.%I: %I', nspname, coalesce(relname, typname), conname) AS name
  FROM pg_constraint con JOIN pg_namespace n ON n.oid = connamespace
  LEFT JOIN pg_class c ON c.oid = conrelid LEFT JOIN pg_type t ON t.oid = contypid
  -- NOT ENFORCED (18) is never validated, and says so itself.
  WHERE NOT convalidated AND coalesce(to_jsonb(con) ->> 'conenforced', 'true') = 'true'
  ORDER BY 1`;

export const constraintsValidated: Check<VerifyFacts> = {
  name: 'constraints validated',
  async look({ query, base, baseName }) {
    const here = await names(query, NOT_VALIDATED);
    if (here.length === 0) return passed('all');
    const remedy = 'ALTER TABLE … VALIDATE CONSTRAINT …';
    if (!base) {
      const why = baseName === undefined ? withoutBase.found : `${baseName} is no running database`;
      return warning(`not validated: ${some(here)} (whether that is new is not known: ${why})`, remedy);
    }
    const there = new Set(await names(base.query, NOT_VALIDATED));
    const added = here.filter((name) => !there.has(name));
    if (added.length > 0) return failed(`not validated, unlike in ${baseName}: ${some(added)}`, remedy);
    return passed(`not validated, as in ${baseName}: ${some(here)}`);
  },
};

export const viewsPopulated: Check<VerifyFacts> = {
  name: 'materialized views populated',
  async look({ query }) {
    const rows = await query<{ name: string; populated: boolean }>(
      `SELECT format('%I.%I', nspname, relname) AS name, relispopulated AS populated
       FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'm' ORDER BY 1`,
    );
    const empty = rows.filter(({ populated }) => !populated).map(({ name }) => name);
    if (empty.length === 0) return passed(counted(rows.length, 'materialized view'));
    // Only a warning: migrations may leave it to the application, and then a rebuild would always fail here.
    return warning(`never populated: ${some(empty)}`, `REFRESH MATERIALIZED VIEW ${empty[0]}`);
  },
};

const withoutReader = skipped('the registry names no readonlyRole');

export const readerReads: Check<VerifyFacts> = {
  name: 'reader reads',
  async look({ query, reader, environment, command }) {
    if (!reader) return withoutReader;
    const { role, schemas } = reader;
    const grant = command('db-bootstrap-roles-env', { ENV: environment });
    if (!(await exists(query, role))) return failed(`there is no role ${role}`, grant);
    const found = await query<{ schema: string; exists: boolean; usable: boolean | null }>(
      `SELECT wanted AS schema, n.oid IS NOT NULL AS exists, has_schema_privilege($1, n.oid, 'USAGE') AS usable
       FROM unnest($2::text[]) wanted LEFT JOIN pg_namespace n ON nspname = wanted ORDER BY 1`,
      [role, schemas],
    );
    const missing = found.filter((row) => !row.exists).map(({ schema }) => schema);
    if (missing.length > 0) {
      return failed(`no schema ${some(missing)}`, command('al-up-env', { ENV: environment }));
    }
    const relations = await query<{ name: string; readable: boolean }>(
      `SELECT format('%I.%I', nspname, relname) AS name, has_table_privilege($1, c.oid, 'SELECT') AS readable
       FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE nspname = ANY($2) AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1`,
      [role, schemas],
    );
    const closed = [
      ...found.filter(({ usable }) => usable !== true).map(({ schema }) => `schema ${schema}`),
      ...relations.filter(({ readable }) => !readable).map(({ name }) => name),
    ];
    if (closed.length > 0) return failed(`${role} cannot read ${some(closed)}`, grant);
    return passed(`${role} reads all ${counted(relations.length, 'relation')} of ${schemas.join(' and ')}`);
  },
};

export const readerWritesNothing: Check<VerifyFacts> = {
  name: 'reader writes nothing',
  async look({ query, reader }) {
    if (!reader) return withoutReader;
    const { role } = reader;
    if (!(await exists(query, role))) return skipped(`there is no role ${role}`);
    const [attributes] = await names(query, ATTRIBUTES, [role]);
    const able = attributes !== undefined ? [attributes] : await names(query, WRITES, [role]);
    const usual = able.length === 0 ? [] : await names(query, USUAL);
    if (able.some((one) => !usual.includes(one)))
      return failed(`${role} has ${some(able)}`, `REVOKE … FROM ${role}, or from PUBLIC`);
    if (able.length > 0)
      return warning(
        `${role} has ${some(able)}, as everybody has before PostgreSQL 15`,
        'in the roles script: REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      );
    const definers = await names(query, DEFINERS, [role]);
    if (definers.length === 0) return passed(`${role} can write nothing`);
    return warning(
      `${role} can write nothing itself; what it may call with the rights of an owner: ${some(definers)}`,
      'see that they write nothing, or REVOKE EXECUTE … FROM PUBLIC',
    );
  },
};

/** Attributes of a role that make privileges meaningless. */
const ATTRIBUTES = `
  SELECT trim(concat(CASE WHEN rolsuper THEN 'SUPERUSER ' END, CASE WHEN rolcreaterole THEN 'CREATEROLE ' END,
                     CASE WHEN rolcreatedb THEN 'CREATEDB ' END, CASE WHEN rolreplication THEN 'REPLICATION' END)) AS name
  FROM pg_roles WHERE rolname = $1 AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication)`;

/** What a server before 15 grants to everybody, if nobody has changed it. */
const USUAL = `
  SELECT format('CREATE in schema %I', nspname) AS name
  FROM pg_namespace n JOIN pg_init_privs i ON i.objoid = n.oid AND i.classoid = 'pg_namespace'::regclass
  WHERE nspname = 'public' AND nspacl = initprivs AND current_setting('server_version_num')::int < 150000`;

/** All ways in which a role can change something: own privileges, those of its roles, and those of PUBLIC. */
const WRITES = `
  WITH own AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
  SELECT format('%s on %I.%I', string_agg(privilege, ', ' ORDER BY privilege), nspname, relname) AS name
  FROM pg_class c JOIN own ON own.oid = relnamespace,
       unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) privilege
  WHERE relkind IN ('r', 'p', 'v', 'm', 'f')
    AND (has_table_privilege($1, c.oid, privilege)
         OR privilege IN ('INSERT', 'UPDATE') AND has_any_column_privilege($1, c.oid, privilege))
  GROUP BY nspname, relname
  UNION ALL
  SELECT format('nextval() of %I.%I', nspname, relname) FROM pg_class c JOIN own ON own.oid = relnamespace
  -- A sequence's functions would fail on anything else, and a condition may be looked at in any order.
  WHERE CASE relkind WHEN 'S' THEN has_sequence_privilege($1, c.oid, 'USAGE, UPDATE') END
  UNION ALL
  SELECT format('CREATE in schema %I', nspname) FROM own WHERE has_schema_privilege($1, oid, 'CREATE')
  UNION ALL
  SELECT 'CREATE in the database' WHERE has_database_privilege($1, current_database(), 'CREATE')
  UNION ALL
  SELECT format('the rights of %I', rolname) FROM pg_roles
  WHERE rolname <> $1 AND pg_has_role($1, oid, 'MEMBER')
    AND (NOT pg_has_role($1, oid, 'USAGE')
         OR rolname IN ('pg_execute_server_program', 'pg_write_server_files', 'pg_maintain'))
  ORDER BY 1`;

const DEFINERS = `
  SELECT p.oid::regprocedure::text AS name FROM pg_proc p
  WHERE prosecdef AND has_function_privilege($1, p.oid, 'EXECUTE')
    AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
    AND has_schema_privilege($1, pronamespace, 'USAGE') ORDER BY 1`;

const exists = async (query: VerifyFacts['query'], role: string): Promise<boolean> =>
  (await query('SELECT FROM pg_roles WHERE rolname = $1', [role])).length > 0;

const names = async (
  query: VerifyFacts['query'],
  sql: string,
  values: readonly unknown[] = [],
): Promise<string[]> => (await query<{ name: string }>(sql, values)).map(({ name }) => name);
