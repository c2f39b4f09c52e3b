import { seededRandom } from '../unit/support.ts';

/** What a script would like to reach: all of it is on the server beside the database that is restored. */
export interface Neighbours {
  /** The database that is restored into. */
  readonly live: string;
  readonly owner: string;
  readonly other: string;
  readonly role: string;
  readonly tablespace: string | undefined;
}

/** Begins the name of whatever a script would make outside. */
export const ESCAPED = 'makesafe_escaped';

/** SQL that reaches beyond the database, each in one statement. */
const hostile = ({ live, owner, other, role, tablespace }: Neighbours): string[] => [
  `ALTER SYSTEM SET work_mem = '77MB'`,
  `COPY (SELECT 'x') TO PROGRAM 'touch /tmp/${ESCAPED}_program'`,
  `COPY (SELECT 'x') TO '/tmp/${ESCAPED}_file'`,
  `SELECT lo_export(lo_from_bytea(0, 'x'), '/tmp/${ESCAPED}_large')`,
  `SELECT lo_import('/etc/hostname')`,
  `SELECT pg_read_file('/etc/hostname')`,
  `SELECT pg_reload_conf()`,
  `SELECT pg_rotate_logfile()`,
  `SELECT pg_create_restore_point('${ESCAPED}')`,
  `SELECT pg_create_physical_replication_slot('${ESCAPED}')`,
  `SELECT pg_create_logical_replication_slot('${ESCAPED}', 'pgoutput')`,
  `SELECT pg_replication_origin_create('${ESCAPED}')`,
  `CREATE DATABASE ${ESCAPED}`,
  `DROP DATABASE ${other}`,
  `DROP DATABASE ${live}`,
  `ALTER DATABASE ${other} RENAME TO ${ESCAPED}`,
  `ALTER DATABASE ${live} RENAME TO ${ESCAPED}`,
  `ALTER DATABASE ${other} SET search_path = x`,
  `ALTER DATABASE ${live} SET search_path = x`,
  `ALTER DATABASE ${other} OWNER TO ${role}`,
  `COMMENT ON DATABASE ${other} IS 'overwritten'`,
  `COMMENT ON DATABASE ${live} IS 'overwritten'`,
  `GRANT ALL ON DATABASE ${other} TO PUBLIC`,
  `REVOKE CONNECT ON DATABASE ${other} FROM PUBLIC`,
  `REVOKE ALL ON DATABASE ${live} FROM PUBLIC`,
  `CREATE ROLE ${ESCAPED} SUPERUSER LOGIN`,
  `ALTER ROLE ${role} SUPERUSER`,
  `ALTER ROLE ${owner} PASSWORD 'x'`,
  `ALTER ROLE ${role} SET work_mem = '5MB'`,
  `ALTER ROLE ${role} IN DATABASE ${other} SET search_path = x`,
  `ALTER ROLE ALL SET work_mem = '5MB'`,
  `ALTER ROLE CURRENT_USER SET work_mem = '5MB'`,
  `ALTER ROLE CURRENT_USER IN DATABASE ${other} SET work_mem = '5MB'`,
  `ALTER ROLE CURRENT_USER PASSWORD 'known'`,
  `ALTER ROLE CURRENT_USER SUPERUSER`,
  `GRANT CURRENT_USER TO ${role}`,
  `GRANT ${role} TO CURRENT_USER`,
  `GRANT pg_execute_server_program TO CURRENT_USER`,
  `DROP ROLE ${role}`,
  `COMMENT ON ROLE ${role} IS 'overwritten'`,
  `CREATE TABLESPACE ${ESCAPED} LOCATION '/tmp'`,
  ...(tablespace === undefined
    ? []
    : [
        `ALTER TABLESPACE ${tablespace} RENAME TO ${ESCAPED}`,
        `CREATE TABLE t_in_space () TABLESPACE ${tablespace}`,
        `COMMENT ON TABLESPACE ${tablespace} IS 'overwritten'`,
      ]),
  `CREATE SUBSCRIPTION ${ESCAPED} CONNECTION 'dbname=${other}' PUBLICATION p WITH (connect = false)`,
  `CREATE EXTENSION dblink`,
  `CREATE EXTENSION postgres_fdw`,
  `CREATE EXTENSION file_fdw`,
  `CREATE EXTENSION adminpack`,
  `CREATE EVENT TRIGGER ${ESCAPED} ON ddl_command_start EXECUTE FUNCTION f()`,
  `CREATE FUNCTION system(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'`,
  `CREATE LANGUAGE plperlu`,
  `LOAD 'auto_explain'`,
  `SET SESSION AUTHORIZATION ${owner}`,
  `SET ROLE ${owner}`,
  `RESET ROLE`,
  `SET LOCAL ROLE ${role}`,
  `GRANT SET ON PARAMETER work_mem TO ${role}`,
  `GRANT ALTER SYSTEM ON PARAMETER work_mem TO PUBLIC`,
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${other}'`,
  `SELECT pg_advisory_lock(hashtextextended('makesafe ${live}', 0))`,
  `NOTIFY ${ESCAPED}`,
  `REASSIGN OWNED BY ${owner} TO ${role}`,
  `DROP OWNED BY ${role}`,
  `UPDATE pg_database SET datname = '${ESCAPED}' WHERE datname = '${other}'`,
  `UPDATE pg_authid SET rolsuper = true`,
  `DELETE FROM pg_shdescription`,
  `SELECT set_config('log_statement', 'all', false)`,
  `SET default_tablespace = ${tablespace ?? 'nowhere'}`,
  `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT ALL ON TABLES TO PUBLIC`,
];

/** The database is not named, and is the one that is filled: its own, and yet not its to change. */
const ITS_OWN = [
  `COMMENT ON DATABASE %I IS ''overwritten''`,
  `ALTER DATABASE %I SET work_mem = ''5MB''`,
  `ALTER DATABASE %I CONNECTION LIMIT 3`,
  `ALTER DATABASE %I IS_TEMPLATE true`,
  `GRANT ALL ON DATABASE %I TO PUBLIC`,
].map((sql) => `EXECUTE format('${sql}', current_database())`);

const psql = ({ other, owner }: Neighbours): string[] => [
  `\\connect ${other}`,
  `\\c ${other} ${owner}`,
  `\\! touch /tmp/${ESCAPED}_shell`,
  `\\o /tmp/${ESCAPED}_output`,
  `\\i /etc/passwd`,
  `\\copy (SELECT 1) TO '/tmp/${ESCAPED}_copy'`,
  `\\set x 'DROP DATABASE ${other}'\n:x;`,
  `SELECT 'DROP DATABASE ${other}' \\gexec`,
  `\\echo hi \\connect ${other}`,
  `\\set ON_ERROR_STOP on \\connect ${other}`,
  `\\restrict abc \\connect ${other}`,
  `\\unrestrict abc\n\\connect ${other}`,
  `\\setenv X y`,
  `SELECT 1 \\g /tmp/${ESCAPED}_g`,
  `SELECT 1 \\g | touch /tmp/${ESCAPED}_pipe`,
  `\\lo_import /etc/passwd`,
  `\\password ${owner}`,
  `:x;`,
  `:"x";`,
];

/** The scripts of one seed: all the ways to say it, one in another. */
export function cageScripts(count: number, seed: number, neighbours: Neighbours): string[] {
  const { below, pick, several } = seededRandom(seed);
  const sql = hostile(neighbours);
  const commands = psql(neighbours);
  let number = 0;
  const name = (kind: string): string => `${kind}_${(number += 1)}`;
  const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
  const dollars = (text: string): string => {
    const tag = pick(['', 'x', 'été', '_']) + (text.includes('$$') ? 'y' : '');
    return `$${tag}$${text}$${tag}$`;
  };
  const attempt = (): string =>
    below(6) === 0 ? pick(ITS_OWN) : `EXECUTE ${pick([quoted, dollars])(pick(sql))}`;
  /** Goes on behind what is refused, so that one script tries many things. */
  const guarded = (body = attempt()): string => `BEGIN ${body}; EXCEPTION WHEN OTHERS THEN NULL; END`;
  const inBlock = (depth: number): string =>
    depth === 0 ? guarded() : guarded(`EXECUTE ${quoted(`DO ${dollars(inBlock(depth - 1))}`)}`);
  const wrapped = (): string => {
    const body = `BEGIN ${several(3, inOrder).join(' ')} ${inBlock(below(2))}; `;
    const [f, t] = [name('f'), name('t')];
    const definer = pick(['', 'SECURITY DEFINER', 'SET search_path = pg_catalog']);
    return pick([
      () => `DO ${dollars(`${body} END`)};`,
      () =>
        `CREATE FUNCTION ${f}() RETURNS int LANGUAGE plpgsql ${definer} AS ${dollars(`${body} RETURN 1; END`)}; SELECT ${f}();`,
      () =>
        `CREATE TABLE ${t} (a text);\nCREATE FUNCTION ${f}() RETURNS trigger LANGUAGE plpgsql ${definer} AS ${dollars(`${body} RETURN NEW; END`)};\n` +
        `CREATE TRIGGER x BEFORE INSERT ON ${t} FOR EACH ROW EXECUTE FUNCTION ${f}();\nCOPY ${t} FROM stdin;\n\uFEFFone\n\\\\.\n${pick(commands)}\n\\.\n`,
      () =>
        `CREATE FUNCTION ${f}(i int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS ${dollars(`${body} RETURN i; END`)};\n` +
        `CREATE TABLE ${t} (i int); INSERT INTO ${t} SELECT generate_series(1, 9); CREATE INDEX ON ${t} (${f}(i));`,
      () =>
        `CREATE FUNCTION ${f}() RETURNS int LANGUAGE plpgsql AS ${dollars(`${body} RETURN 1; END`)};\n` +
        `CREATE MATERIALIZED VIEW ${t} AS SELECT ${f}() AS i; CREATE VIEW ${name('v')} AS SELECT ${f}() AS i;`,
      () => `CREATE PROCEDURE ${f}() LANGUAGE plpgsql AS ${dollars(`${body} END`)};\nCALL ${f}();`,
    ])();
  };
  function inOrder(): string {
    return `${guarded()};`;
  }
  const benign = (): string =>
    pick([
      () => `CREATE TABLE ${name('plain')} (id int, body text);`,
      () => `-- ${pick(commands).replaceAll('\n', ' ')}`,
      () => `/* ${pick(sql)} /* nested */ */`,
      () => `SELECT ${quoted(pick([...sql, ...commands]))};`,
      () => `CREATE TABLE "${ESCAPED.toUpperCase()} ${(number += 1)}" ();`,
      () => `SELECT 'x\n\uFEFFy', E'\\\\\\'', U&'\\0441', $a$;$a$;`,
      () => `CREATE EXTENSION IF NOT EXISTS ${pick(['hstore', 'pg_trgm', 'citext', 'pgcrypto'])};`,
      () => `BEGIN; CREATE TABLE ${name('kept')} (); COMMIT;`,
      () => `CREATE SCHEMA ${name('s')}; GRANT USAGE ON SCHEMA s_${number} TO PUBLIC;`,
      () => `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${neighbours.role};`,
      () => `SELECT lo_from_bytea(0, 'large');`,
      () => `CREATE PUBLICATION ${name('p')};`,
      () => `SET search_path = ${pick(['public', 'pg_temp, public', 'pg_catalog, public'])};`,
    ])();
  const bare = (): string =>
    pick([
      () => `${pick(sql)};`,
      () => pick(commands),
      () => `${pick(sql)}`,
      () => `SELECT 1; ${pick(sql)}; SELECT 2;`,
      () => `-- a comment that ends at a carriage return\r${pick(sql)};`,
      () => `BEGIN; ${pick(sql)}; COMMIT;`,
      () => `PREPARE TRANSACTION '${ESCAPED}';`,
      () => `BEGIN; CREATE TABLE ${name('p')} (); PREPARE TRANSACTION '${ESCAPED}';`,
    ])();
  return Array.from({ length: count }, () => {
    const parts = [...several(3, benign), ...several(3, wrapped), ...several(2, benign)];
    if (below(3) === 0) parts.push(bare());
    if (below(4) === 0) parts.push(wrapped());
    return (below(5) === 0 ? '\uFEFF' : '') + `${parts.join(pick(['\n', '\r\n', '\n\n']))}\n`;
  });
}

/** Everything on the server that is not in the database which is restored, in one text to compare. */
export const snapshot = (live: string, aside = live): string => `
  SELECT coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE "C"), '') FROM (
    SELECT 'database ' || (to_jsonb(d) - '{oid,datfrozenxid,datminmxid,dattablespace}'::text[]
             - CASE WHEN datname IN ('${live}', '${aside}') THEN 'datacl' ELSE '-' END)::text AS line FROM pg_database d
    UNION ALL SELECT 'acl ' || (SELECT jsonb_agg(a::text ORDER BY a::text)
      FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) a)::text FROM pg_database WHERE datname IN ('${live}', '${aside}')
    UNION ALL SELECT 'oid ' || datname || oid FROM pg_database WHERE datname NOT IN ('${live}', '${aside}')
    UNION ALL SELECT 'role ' || r::text FROM pg_authid r
    UNION ALL SELECT 'member ' || (to_jsonb(m) - 'oid')::text FROM pg_auth_members m
    UNION ALL SELECT 'setting ' || coalesce(datname, '') || setrole || setconfig::text
      FROM pg_db_role_setting LEFT JOIN pg_database d ON d.oid = setdatabase
    UNION ALL SELECT 'description ' || classoid || coalesce(datname, objoid::text) || description
      FROM pg_shdescription LEFT JOIN pg_database d ON d.oid = objoid AND classoid = 'pg_database'::regclass
    UNION ALL SELECT 'label ' || l::text FROM pg_shseclabel l
    UNION ALL SELECT 'tablespace ' || t::text FROM pg_tablespace t
    UNION ALL SELECT 'parameter ' || p::text FROM pg_parameter_acl p
    UNION ALL SELECT 'origin ' || o::text FROM pg_replication_origin o
    UNION ALL SELECT 'slot ' || slot_name FROM pg_replication_slots
    UNION ALL SELECT 'subscription ' || subname FROM pg_subscription
    UNION ALL SELECT 'prepared ' || gid FROM pg_prepared_xacts
    UNION ALL SELECT 'depends ' || s::text FROM pg_shdepend s
      WHERE dbid NOT IN (SELECT oid FROM pg_database WHERE datname IN ('${live}', '${aside}'))
        AND NOT (classid = 'pg_database'::regclass AND objid IN (SELECT oid FROM pg_database WHERE datname IN ('${live}', '${aside}')))
    UNION ALL SELECT 'file ' || f::text FROM pg_file_settings f
    UNION ALL SELECT 'hba ' || h::text FROM pg_hba_file_rules h
  ) AS lines`;

/** The same of files: what is there, and of configuration what is in it. Folders of databases are listed by their names. */
export const FILES = `
  cd "$1" && for file in *.conf postgresql.auto.conf PG_VERSION; do [ -f "$file" ] && cksum "$file"; done
  ls base pg_tblspc pg_replslot pg_logical 2>/dev/null | grep -v -x -E "$2"
  ls -d /tmp/*${ESCAPED}* 2>/dev/null
  ls . | grep -v '^postmaster'
  true`;
