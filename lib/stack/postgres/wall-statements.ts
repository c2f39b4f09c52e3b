import { createHash } from 'node:crypto';
import { quoteText } from '../../sql/quote.ts';
import { FIRST_KEY, WALL_KEY } from './advisory-keys.ts';
import { BLIND, HERE, TABLES, TRIGGERS, TRIGGER_NAMES, WALL, wallFunctions } from './wall-functions.ts';

/** Holds the wall open for the sessions of this run's Alembic or script. It ends with the session, however that ends. */
export const HOLD_OPEN = `SELECT pg_catalog.pg_advisory_lock_shared(${FIRST_KEY}, ${WALL_KEY})`;

/** Tables that lack a trigger of the wall, or where somebody has switched it off. */
export const UNCOVERED = `
  SELECT t.oid::text, t.oid::pg_catalog.regclass::text AS name FROM (${TABLES}) AS t
  WHERE (SELECT count(*) FROM pg_catalog.pg_trigger AS g
         WHERE g.tgrelid = t.oid AND g.tgname IN (${TRIGGER_NAMES}) AND g.tgenabled = 'A'
           AND g.oid NOT IN (SELECT b.oid FROM (${BLIND}) AS b)) < ${TRIGGERS.length}
  ORDER BY name`;

/** What stands of the wall in this database. */
export const STATE = `
  SELECT coalesce((SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user), false) AS superuser,
    (SELECT count(*) FROM pg_catalog.pg_event_trigger WHERE evtname LIKE '${WALL.replace('_', '\\_')}\\_%' AND evtenabled = 'A') = 2 AS events,
    (SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = '${WALL}') AS comment,
    EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '${WALL}') AS made,
    EXISTS (SELECT FROM pg_catalog.pg_subscription AS s WHERE s.subname = '${WALL}' AND s.subdbid = ${HERE}) AS database,
    (SELECT count(*)::int FROM (${TABLES}) AS t) AS tables`;

/** Members of an extension are in no dump, and nobody drops them by hand. plpgsql is in every database. */
const HIDE = `
  DO $wall$ DECLARE what text; BEGIN
    FOR what IN
      SELECT format('FUNCTION %s', p.oid::regprocedure) FROM pg_proc AS p WHERE p.pronamespace = '${WALL}'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = p.oid AND deptype = 'e')
      UNION ALL
      SELECT format('EVENT TRIGGER %I', t.evtname) FROM pg_event_trigger AS t WHERE t.evtname LIKE '${WALL.replace('_', '\\_')}\\_%'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_event_trigger'::regclass AND objid = t.oid AND deptype = 'e')
      UNION ALL
      SELECT format('SCHEMA %I', n.nspname) FROM pg_namespace AS n WHERE n.nspname = '${WALL}'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_namespace'::regclass AND objid = n.oid AND deptype = 'e')
    LOOP EXECUTE 'ALTER EXTENSION plpgsql ADD ' || what; END LOOP;
  END $wall$`;

/** A schema of that name that somebody else made could open the wall. */
const OWN_SCHEMA = `
  DO $wall$ BEGIN
    IF EXISTS (SELECT FROM pg_namespace JOIN pg_roles AS r ON r.oid = nspowner WHERE nspname = '${WALL}' AND NOT rolsuper) THEN
      RAISE EXCEPTION 'schema ${WALL} is not makesafe''s: its owner is no superuser';
    END IF;
  END $wall$`;

/**
 * What keeps schemas and tables. A second run changes what is there to what it should be. `comment` is that of the schema:
 * the fingerprint of the statements, and `except`, so that nobody has to believe the registry for what stands.
 */
export function standing(except: readonly string[]): { statements: string[]; comment: string } {
  const statements = [
    OWN_SCHEMA,
    `CREATE SCHEMA IF NOT EXISTS ${WALL}`,
    `REVOKE ALL ON SCHEMA ${WALL} FROM PUBLIC`,
    ...wallFunctions(except),
    `DROP EVENT TRIGGER IF EXISTS ${WALL}_drop`,
    `DROP EVENT TRIGGER IF EXISTS ${WALL}_create`,
    `CREATE EVENT TRIGGER ${WALL}_drop ON sql_drop EXECUTE FUNCTION ${WALL}.on_drop()`,
    `ALTER EVENT TRIGGER ${WALL}_drop ENABLE ALWAYS`,
    `CREATE EVENT TRIGGER ${WALL}_create ON ddl_command_end
       WHEN TAG IN ('CREATE TABLE', 'CREATE TABLE AS', 'SELECT INTO', 'CREATE SCHEMA', 'ALTER TABLE') EXECUTE FUNCTION ${WALL}.on_create()`,
    `ALTER EVENT TRIGGER ${WALL}_create ENABLE ALWAYS`,
    HIDE,
  ];
  const fingerprint = createHash('sha256').update(statements.join('\n')).digest('hex');
  const comment = `${fingerprint} ${JSON.stringify(except)}`;
  return {
    statements: [FREE_EVENTS, ...statements, `COMMENT ON SCHEMA ${WALL} IS ${quoteText(comment)}`],
    comment,
  };
}

/** `except` of the wall that has that comment, which an earlier version may have made; undefined: nothing says so. */
export function exceptIn(comment: string | null): readonly string[] | undefined {
  const [, json] = /^[0-9a-f]{64} (\[.*\])$/s.exec(comment ?? '') ?? [];
  try {
    return json === undefined ? undefined : (JSON.parse(json) as string[]);
  } catch {
    return undefined;
  }
}

/** Covers one table, by its OID. */
export const coverStatement = (oid: string): string =>
  `SELECT ${WALL}.cover(${Number(oid)}::pg_catalog.oid::pg_catalog.regclass)`;

/** Gives up the membership of `HIDE`, without which nothing can be dropped. */
const free = (kinds: string): string => `
  DO $wall$ DECLARE what text; BEGIN
    FOR what IN SELECT (pg_identify_object(classid, objid, 0)).type || ' ' || (pg_identify_object(classid, objid, 0)).identity
      FROM pg_depend WHERE deptype = 'e' AND (${kinds})
    LOOP EXECUTE 'ALTER EXTENSION plpgsql DROP ' || what; END LOOP;
  END $wall$`;
const EVENTS = `classid = 'pg_event_trigger'::regclass
  AND objid IN (SELECT oid FROM pg_event_trigger WHERE evtname LIKE '${WALL.replace('_', '\\_')}\\_%')`;
const FREE_EVENTS = free(EVENTS);

/** Takes away what `standing` has made. */
export const LYING: readonly string[] = [
  free(`${EVENTS} OR classid = 'pg_namespace'::regclass AND objid = to_regnamespace('${WALL}')
    OR classid = 'pg_proc'::regclass AND objid IN (SELECT oid FROM pg_proc WHERE pronamespace = to_regnamespace('${WALL}'))`),
  `DROP EVENT TRIGGER IF EXISTS ${WALL}_drop`,
  `DROP EVENT TRIGGER IF EXISTS ${WALL}_create`,
  `DROP SCHEMA IF EXISTS ${WALL} CASCADE`,
];

/**
 * A subscription that is disabled and has neither slot nor publisher. As long as there is one, the server drops this
 * database for nobody, also not WITH (FORCE).
 *
 * @see https://www.postgresql.org/docs/current/sql-dropdatabase.html
 */
export const HOLD_DATABASE = `CREATE SUBSCRIPTION ${WALL} CONNECTION 'dbname=${WALL} password=none' PUBLICATION ${WALL}
  WITH (connect = false, slot_name = NONE)`;

/** Keeps it out of dumps, as `HIDE` does; ALTER EXTENSION takes no subscriptions. For superusers. */
export const HIDE_SUBSCRIPTION = `
  INSERT INTO pg_catalog.pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
  SELECT 'pg_catalog.pg_subscription'::regclass, s.oid, 0, 'pg_catalog.pg_extension'::regclass, e.oid, 0, 'e'
  FROM pg_catalog.pg_subscription AS s, pg_catalog.pg_extension AS e
  WHERE s.subname = '${WALL}' AND s.subdbid = ${HERE} AND e.extname = 'plpgsql'`;

/** The rows of `HIDE_SUBSCRIPTION`, also those that a copy of a database has brought along. */
export const FORGET_SUBSCRIPTION = `
  DELETE FROM pg_catalog.pg_depend WHERE classid = 'pg_catalog.pg_subscription'::regclass AND deptype = 'e'`;

export const LET_DATABASE_GO = `DROP SUBSCRIPTION IF EXISTS ${WALL}`;

/** Whether the server drops a database for nobody. $1: its name; asked in any database of the server. */
export const HELD = `
  SELECT EXISTS (SELECT FROM pg_catalog.pg_subscription AS s JOIN pg_catalog.pg_database AS d ON d.oid = s.subdbid
    WHERE s.subname = '${WALL}' AND d.datname = $1) AS held`;

/**
 * Tables that more than half of the rows that were ever written have left, by DELETE or TRUNCATE, as far as the server has
 * counted: 100 at least.
 */
export const EMPTIED = `
  SELECT pg_catalog.format('%s.%s', schemaname, relname) AS name FROM pg_catalog.pg_stat_user_tables
  WHERE relid IN (${TABLES}) AND n_tup_ins >= 100 AND n_live_tup < n_tup_ins / 2 ORDER BY name`;
