import { quoteText } from '../../sql/quote.ts';
import { FIRST_KEY, MIGRATING, WALL_KEY } from './advisory-keys.ts';

/** The name of all that the wall makes: a schema, a subscription, and the beginning of triggers' names. */
export const WALL = 'makesafe_wall';

/** Fewer rows deleted at a time are nobody's mistake: then the table is not looked at. */
const MANY = 100;

/**
 * The server's counter of a session begins anew only when it is flushed, once a second. From so many rows on that is asked
 * for at the end of the transaction: so less than that of earlier transactions is in the `MANY` of one, and a worker that
 * empties a queue row by row is never refused.
 */
const FLUSHED = 50;

export const HERE = '(SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database())';

/** A condition on a row of pg_locks: its session holds the wall of this database open. */
const OPENING = (row: string): string =>
  `${row}.locktype = 'advisory' AND ${row}.granted AND ${row}.objsubid = 2 AND ${row}.database = ${HERE}
   AND ${row}.classid::int8 = ${FIRST_KEY} AND ${row}.objid::int8 = ${WALL_KEY}`;

/** `stg.*` as a pattern of LIKE. */
const asLike = (pattern: string): string =>
  pattern.replaceAll(/[\\%_]/g, (sign) => `\\${sign}`).replaceAll('*', '%');

/** Tables with rows that people keep. Those of extensions belong to their extension. */
export const TABLES = `
  SELECT c.oid FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND c.relpersistence = 'p'
    AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', '${WALL}')
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS e
      WHERE e.classid = 'pg_catalog.pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')`;

export const TRIGGERS = ['truncate', 'delete'].map((name) => `${WALL}_${name}`);
export const TRIGGER_NAMES = TRIGGERS.map(quoted).join(', ');

function quoted(text: string): string {
  return `'${text}'`;
}

/** Triggers that count only the rows of their table, which has children by now. */
export const BLIND = `
  SELECT g.tgrelid, g.oid FROM pg_catalog.pg_trigger AS g JOIN pg_catalog.pg_class AS c ON c.oid = g.tgrelid
  WHERE g.tgname = '${WALL}_delete' AND g.tgqual IS NOT NULL AND c.relhassubclass`;

/**
 * A function that runs as the owner of the wall. A session's temporary tables, views and types come last: without `pg_temp` in
 * the path they come first, even before the catalog, and a view named pg_locks would run its code as a superuser.
 */
const definer = (name: string, returns: string, language: 'sql' | 'plpgsql', body: string): string => `
  CREATE OR REPLACE FUNCTION ${WALL}.${name} RETURNS ${returns} LANGUAGE ${language} SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $wall$ ${body} $wall$`;

/**
 * For an application, a person or an assistant that meets the wall.
 *
 * @param pattern an SQL expression: what of `except` would let it pass
 * @param also what else would
 */
const refuse = (pattern: string, also = ''): string => `USING ERRCODE = 'object_not_in_prerequisite_state',
  HINT = ${quoted(also)} || 'If the application does this itself: wall: { except: [' || quote_literal(${pattern})
    || '] } in env/environments.ts. Else ask the person who keeps this environment.'`;
const OF_TABLE = "TG_TABLE_SCHEMA || '.' || TG_TABLE_NAME";

/** The functions of the wall. @param except patterns of tables that it leaves out */
export const wallFunctions = (except: readonly string[]): string[] => [
  // Open for a session of makesafe's Alembic or script, and only while a session of a superuser, who could take it down as
  // well, holds it open: POSTGRES_USER may be another one than when it was put up. No setting of a session counts. Both locks
  // end with their sessions: a killed run closes it.
  definer(
    'is_open()',
    'boolean',
    'sql',
    `SELECT EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = pg_backend_pid() AND l.database = ${HERE} AND ${MIGRATING('l')})
      AND EXISTS (SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
        WHERE ${OPENING('l')} AND l.pid <> pg_backend_pid()
          AND (SELECT r.rolsuper FROM pg_roles AS r WHERE r.oid = a.usesysid))`,
  ),
  definer(
    'is_held(place text)',
    'boolean',
    'sql',
    `SELECT NOT (place LIKE ANY (ARRAY[${except.map((one) => quoteText(asLike(one))).join(', ')}]::text[]))`,
  ),
  definer(
    'on_drop()',
    'event_trigger',
    'plpgsql',
    // One look at what goes, whatever there is of it. A trigger of ours goes with its table, and never by itself.
    `DECLARE o record;
     BEGIN
       SELECT * INTO o FROM pg_event_trigger_dropped_objects() AS d WHERE NOT d.is_temporary
         AND CASE WHEN d.object_type IN ('table', 'schema', 'materialized view', 'table column', 'sequence')
           THEN ${WALL}.is_held(d.address_names[1] || '.' || coalesce(d.address_names[2], ''))
           ELSE d.original AND d.object_type = 'trigger' AND d.address_names[3] IN (${TRIGGER_NAMES}) END
         LIMIT 1;
       IF FOUND AND (o.object_type = 'trigger' OR NOT ${WALL}.is_open()) THEN
         RAISE EXCEPTION 'makesafe: % % is behind the wall of this database', o.object_type, o.object_identity
           ${refuse("o.address_names[1] || '.' || coalesce(o.address_names[2], '*')", 'Migrations pass that makesafe runs: make al-up-env. ')};
       END IF;
     END`,
  ),
  definer(
    'on_truncate()',
    'trigger',
    'plpgsql',
    `BEGIN
       IF ${WALL}.is_held(${OF_TABLE}) AND NOT ${WALL}.is_open() THEN
         RAISE EXCEPTION 'makesafe: TRUNCATE of %.% is behind the wall of this database', TG_TABLE_SCHEMA, TG_TABLE_NAME ${refuse(OF_TABLE)};
       END IF;
       RETURN NULL;
     END`,
  ),
  // A few rows cost a counter, and no look at the table. Rows of partitions and children are counted there. A look finds a
  // row that is left, and the transaction's next one looks at that row first, and then behind it: else each of many
  // deletes would read all that are gone.
  definer(
    'on_delete()',
    'trigger',
    'plpgsql',
    `DECLARE gone bigint := pg_stat_get_xact_tuples_deleted(TG_RELID);
       place text := format('%I.%I', TG_TABLE_SCHEMA, TG_TABLE_NAME);
       known text := '${WALL}.left_' || TG_RELID;
       last tid;
       here tid;
     BEGIN
       IF gone < ${FLUSHED} AND (SELECT relhassubclass FROM pg_class WHERE oid = TG_RELID) THEN
         WITH RECURSIVE below AS (SELECT TG_RELID AS oid UNION SELECT inhrelid FROM pg_inherits JOIN below ON inhparent = oid)
         SELECT sum(pg_stat_get_xact_tuples_deleted(oid)) INTO gone FROM below;
       END IF;
       IF gone >= ${FLUSHED} AND current_setting('server_version_num')::int >= 150000 THEN PERFORM pg_stat_force_next_flush(); END IF;
       IF gone < ${MANY} OR NOT ${WALL}.is_held(${OF_TABLE}) THEN RETURN NULL; END IF;
       last := nullif(current_setting(known, true), '')::tid;
       IF last IS NOT NULL THEN
         EXECUTE 'SELECT ctid FROM ' || place || ' WHERE ctid = $1 LIMIT 1' INTO here USING last;
         IF here IS NOT NULL THEN RETURN NULL; END IF;
         EXECUTE 'SELECT ctid FROM ' || place || ' WHERE ctid > $1 LIMIT 1' INTO here USING last;
       END IF;
       IF here IS NULL THEN EXECUTE 'SELECT ctid FROM ' || place || ' LIMIT 1' INTO here; END IF;
       IF here IS NULL AND NOT ${WALL}.is_open() THEN
         RAISE EXCEPTION 'makesafe: DELETE of every row of %.% is behind the wall of this database', TG_TABLE_SCHEMA, TG_TABLE_NAME ${refuse(OF_TABLE)};
       END IF;
       PERFORM set_config(known, coalesce(here::text, ''), true);
       RETURN NULL;
     END`,
  ),
  // pg_dump leaves out internal triggers, and so does \d; TRUNCATE and DELETE fire them all the same. Nothing but the
  // catalog can say so. The condition counts without a call of the function, which would cost more than a small DELETE; what
  // is deleted through a table that has children is counted with them, so there the function looks each time.
  definer(
    'cover(t regclass)',
    'void',
    'plpgsql',
    `DECLARE what text; condition text := format('WHEN (pg_catalog.pg_stat_get_xact_tuples_deleted(%s) >= ${FLUSHED})', t::oid);
     BEGIN
       IF (SELECT relkind = 'p' OR relhassubclass FROM pg_class WHERE oid = t) THEN
         condition := '';
         UPDATE pg_trigger SET tgqual = NULL WHERE tgrelid = t AND tgname = '${WALL}_delete' AND tgqual IS NOT NULL;
         IF FOUND THEN EXECUTE format('ALTER TABLE %s DISABLE TRIGGER ${WALL}_delete', t); END IF;
       END IF;
       FOREACH what IN ARRAY ARRAY['truncate', 'delete'] LOOP
         IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t AND tgname = '${WALL}_' || what) THEN
           EXECUTE format('CREATE TRIGGER %I %s ON %s %s EXECUTE FUNCTION ${WALL}.%I()', '${WALL}_' || what,
             CASE what WHEN 'delete' THEN 'AFTER DELETE' ELSE 'BEFORE TRUNCATE' END, t,
             CASE what WHEN 'delete' THEN condition END, 'on_' || what);
         END IF;
         IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = t AND tgname = '${WALL}_' || what AND tgenabled <> 'A') THEN
           EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', t, '${WALL}_' || what);
         END IF;
       END LOOP;
       UPDATE pg_trigger SET tgisinternal = true WHERE tgrelid = t AND tgname IN (${TRIGGER_NAMES}) AND NOT tgisinternal;
     END`,
  ),
  // Also after ALTER TABLE, which may have switched our triggers off, made the table one that is kept, or given it children.
  // `cover` alters only what it has to, so the ALTER TABLE of its own finds nothing more to do.
  definer(
    'on_create()',
    'event_trigger',
    'plpgsql',
    `DECLARE o record;
     BEGIN
       FOR o IN SELECT c.objid FROM pg_event_trigger_ddl_commands() AS c JOIN (${TABLES}) AS t ON t.oid = c.objid
         WHERE c.object_type = 'table' AND NOT c.in_extension LOOP
         PERFORM ${WALL}.cover(o.objid::regclass);
         PERFORM ${WALL}.cover(i.inhparent::regclass) FROM pg_inherits AS i JOIN (${BLIND}) AS b ON b.tgrelid = i.inhparent
           WHERE i.inhrelid = o.objid;
       END LOOP;
     END`,
  ),
];
