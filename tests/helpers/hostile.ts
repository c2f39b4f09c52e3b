/** Databases with what is lost first when a backup goes back: names, owners, rights, and what pg_dump only half writes. */

/** Roles that own and are granted; the last one has the name of a keyword, with quotes in it. */
export const ROLES = ['hostile_alice', 'Hostile "Bob"', 'hostile_reader', 'hostile "select"'];

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** A name in a literal. */
const lit = (name: string): string => name.replaceAll("'", "''");

/** A generator that is the same for a seed. */
export function random(seed: number): () => number {
  let state = (seed * 2_654_435_761 + 1) >>> 0;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_507) + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 13), 3_266_489_909) >>> 0;
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
  };
}

export const rolesScript = (): string =>
  ROLES.map(
    (name) => `DO $$ BEGIN CREATE ROLE ${quote(name)}; EXCEPTION WHEN duplicate_object THEN NULL; END $$;`,
  ).join('\n');

type Feature = (one: {
  readonly n: number;
  /** A schema's quoted name. */
  readonly s: string;
  /** Names of objects, quoted. */
  readonly name: (what: string) => string;
  readonly role: () => string;
  readonly database: string;
  readonly pick: <T>(all: readonly T[]) => T;
}) => string;

const FEATURES: Readonly<Record<string, Feature>> = {
  'a function that is closed to PUBLIC': ({ s, name, role }) => `
    CREATE FUNCTION ${s}.${name('secret')}(a int, b text DEFAULT 'x;y') RETURNS text SECURITY DEFINER LANGUAGE sql AS $f$SELECT $q$it's $q$ || session_user$f$;
    REVOKE ALL ON FUNCTION ${s}.${name('secret')}(int, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION ${s}.${name('secret')}(int, text) TO ${role()} WITH GRANT OPTION;
    ALTER FUNCTION ${s}.${name('secret')}(int, text) OWNER TO ${role()};`,
  'rows that are not for everybody': ({ s, name, role }) => `
    CREATE TABLE ${s}.${name('rows')} (id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 3) PRIMARY KEY, who text, t text);
    INSERT INTO ${s}.${name('rows')} (who, t) SELECT 'w' || g, repeat(E'\\\\.\\n\\t', g % 5) FROM generate_series(1, 300) g;
    ALTER TABLE ${s}.${name('rows')} ENABLE ROW LEVEL SECURITY; ALTER TABLE ${s}.${name('rows')} FORCE ROW LEVEL SECURITY;
    CREATE POLICY ${name('p')} ON ${s}.${name('rows')} AS RESTRICTIVE FOR SELECT TO ${role()}, PUBLIC USING (who = current_user);
    CREATE POLICY ${name('q')} ON ${s}.${name('rows')} USING (true) WITH CHECK (id > 0);
    GRANT SELECT (id), UPDATE (who), REFERENCES (id, t) ON ${s}.${name('rows')} TO ${role()};
    GRANT INSERT ON ${s}.${name('rows')} TO PUBLIC;
    ALTER TABLE ${s}.${name('rows')} OWNER TO ${role()};`,
  'default privileges': ({ s, role }) => `
    ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${role()} IN SCHEMA ${s} GRANT SELECT, INSERT ON TABLES TO ${role()} WITH GRANT OPTION;
    ALTER DEFAULT PRIVILEGES FOR ROLE ${role()} GRANT USAGE ON SCHEMAS TO ${role()};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${role()} REVOKE USAGE ON TYPES FROM PUBLIC;
    ALTER DEFAULT PRIVILEGES IN SCHEMA ${s} GRANT USAGE ON SEQUENCES TO ${role()};`,
  'domains and types': ({ s, name, role }) => `
    CREATE DOMAIN ${s}.${name('d')} AS text COLLATE "C" DEFAULT 'x' CONSTRAINT ${name('short')} CHECK (length(VALUE) < 50);
    CREATE TYPE ${s}.${name('mood')} AS ENUM ('so', 'it''s', ''); CREATE TYPE ${s}.${name('pair')} AS (a ${s}.${name('d')}, "B c" int[]);
    CREATE TYPE ${s}.${name('span')} AS RANGE (subtype = float8);
    REVOKE USAGE ON TYPE ${s}.${name('mood')} FROM PUBLIC; GRANT USAGE ON TYPE ${s}.${name('mood')} TO ${role()};
    ALTER TYPE ${s}.${name('pair')} OWNER TO ${role()}; ALTER DOMAIN ${s}.${name('d')} OWNER TO ${role()};
    CREATE TABLE ${s}.${name('typed')} (m ${s}.${name('mood')}, p ${s}.${name('pair')}, r ${s}.${name('span')}, d ${s}.${name('d')});
    INSERT INTO ${s}.${name('typed')} VALUES ('it''s', ROW('a', '{1,NULL}'), '[1,2)', 'y'), (NULL, NULL, 'empty', NULL);`,
  partitions: ({ s, name, role }) => `
    CREATE TABLE ${s}.${name('events')} (at timestamptz, k text, PRIMARY KEY (at, k)) PARTITION BY RANGE (at);
    CREATE TABLE ${s}.${name('events 1')} PARTITION OF ${s}.${name('events')} FOR VALUES FROM ('2025-01-01 00:00+09') TO ('2025-07-01 00:00+09') PARTITION BY LIST (k);
    CREATE TABLE ${s}.${name('events 1 a')} PARTITION OF ${s}.${name('events 1')} FOR VALUES IN ('a', 'b'';');
    CREATE TABLE ${s}.${name('events 1 rest')} PARTITION OF ${s}.${name('events 1')} DEFAULT;
    CREATE TABLE ${s}.${name('events rest')} PARTITION OF ${s}.${name('events')} DEFAULT;
    INSERT INTO ${s}.${name('events')} SELECT '2025-01-01 00:00+09'::timestamptz + g * interval '1 day', chr(97 + g % 4) FROM generate_series(0, 400) g;
    CREATE INDEX ${name('by k')} ON ${s}.${name('events')} (k); ALTER TABLE ${s}.${name('events rest')} OWNER TO ${role()};
    GRANT SELECT ON ${s}.${name('events')} TO ${role()};`,
  'large objects': ({ n, role }) => `
    SELECT lo_from_bytea(${50_000 + n}, sha256('x${n}')), lo_from_bytea(${60_000 + n}, ''), lo_from_bytea(${70_000 + n}, decode(repeat('00ff', 5000), 'hex'));
    GRANT SELECT ON LARGE OBJECT ${50_000 + n} TO ${role()}; ALTER LARGE OBJECT ${60_000 + n} OWNER TO ${role()};
    GRANT SELECT, UPDATE ON LARGE OBJECT ${70_000 + n}, ${60_000 + n} TO PUBLIC; COMMENT ON LARGE OBJECT ${70_000 + n} IS 'it''s large';`,
  publications: ({ s, name, role }) => `
    CREATE TABLE ${s}.${name('pub t')} (id int PRIMARY KEY, a int, b text); CREATE PUBLICATION ${name('pub')} FOR TABLE ${s}.${name('pub t')} (id, a) WHERE (id > 5) WITH (publish = 'insert, update');
    CREATE PUBLICATION ${name('all')} FOR ALL TABLES WITH (publish_via_partition_root = true);
    CREATE PUBLICATION ${name('in s')} FOR TABLES IN SCHEMA ${s}; CREATE PUBLICATION ${name('none')};
    ALTER TABLE ${s}.${name('pub t')} REPLICA IDENTITY FULL; GRANT CREATE ON DATABASE CURRENT_DATABASE_NAME TO ${role()};`,
  'a disabled subscription': ({ n, name }) => `
    CREATE SUBSCRIPTION ${name(`sub ${n}`)} CONNECTION 'host=nowhere.invalid password=o''dd dbname=x' PUBLICATION ${name('one')}, two
      WITH (connect = false, slot_name = NONE, binary = true, streaming = on, disable_on_error = true);`,
  'settings of the database': ({ role, pick }) => `
    ALTER DATABASE CURRENT_DATABASE_NAME SET search_path = "odd ""path", 'a, b', public;
    ALTER DATABASE CURRENT_DATABASE_NAME SET work_mem = '${pick(['5MB', '6MB'])}';
    ALTER DATABASE CURRENT_DATABASE_NAME SET statement_timeout = '1ms';
    ALTER DATABASE CURRENT_DATABASE_NAME SET lock_timeout = '1ms';
    ALTER DATABASE CURRENT_DATABASE_NAME SET default_transaction_read_only = on;
    ALTER DATABASE CURRENT_DATABASE_NAME SET app.text = E'it''s "x" \\\\ ; --';
    ALTER ROLE ${role()} IN DATABASE CURRENT_DATABASE_NAME SET DateStyle = 'SQL, DMY';
    COMMENT ON DATABASE CURRENT_DATABASE_NAME IS E'it''s mine\\nMARKER';
    REVOKE CONNECT ON DATABASE CURRENT_DATABASE_NAME FROM PUBLIC; GRANT CONNECT, TEMPORARY ON DATABASE CURRENT_DATABASE_NAME TO ${role()} WITH GRANT OPTION;
    ALTER DATABASE CURRENT_DATABASE_NAME CONNECTION LIMIT 23;`,
  collation: ({ s, name, role }) => `
    CREATE COLLATION ${s}.${name('c')} (provider = icu, locale = 'und-u-kn-true', deterministic = false); ALTER COLLATION ${s}.${name('c')} OWNER TO ${role()};
    CREATE TABLE ${s}.${name('sorted')} (t text COLLATE ${s}.${name('c')} UNIQUE); INSERT INTO ${s}.${name('sorted')} VALUES ('a2'), ('a10');`,
  'a function that the search path decides': ({ s, name }) => `
    CREATE FUNCTION ${s}.${name('helper')}(x int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT x > 0';
    CREATE FUNCTION ${s}.${name('uses it')}(x int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SET search_path = ${s}, "$user" AS $f$ BEGIN RETURN ${name('helper')}(x); END $f$;
    CREATE TABLE ${s}.${name('checked')} (x int CHECK (${s}.${name('uses it')}(x)), twice int GENERATED ALWAYS AS (x * 2) STORED);
    INSERT INTO ${s}.${name('checked')} SELECT g FROM generate_series(1, 50) g; CREATE INDEX ON ${s}.${name('checked')} ((${s}.${name('uses it')}(x)));`,
  'materialized views': ({ s, name, role }) => `
    CREATE MATERIALIZED VIEW ${s}.${name('never')} AS SELECT 1 / 0 AS boom WITH NO DATA; CREATE MATERIALIZED VIEW ${s}.${name('filled')} AS SELECT g AS n FROM generate_series(1, 7) g;
    CREATE UNIQUE INDEX ON ${s}.${name('filled')} (n); ALTER MATERIALIZED VIEW ${s}.${name('never')} OWNER TO ${role()}; GRANT SELECT ON ${s}.${name('filled')} TO ${role()};`,
  'views, rules and triggers': ({ s, name, role }) => `
    CREATE TABLE ${s}.${name('base')} (id serial PRIMARY KEY, t text, old int); INSERT INTO ${s}.${name('base')} (t) VALUES ('a'), (NULL); ALTER TABLE ${s}.${name('base')} DROP COLUMN old;
    CREATE VIEW ${s}.${name('v')} WITH (security_barrier, check_option = local) AS SELECT id, t FROM ${s}.${name('base')} WHERE t IS NOT NULL;
    CREATE RULE ${name('r')} AS ON DELETE TO ${s}.${name('v')} DO INSTEAD NOTHING;
    CREATE FUNCTION ${s}.${name('tg')}() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'never'; END $f$;
    CREATE TRIGGER ${name('t;')} BEFORE INSERT ON ${s}.${name('base')} FOR EACH ROW EXECUTE FUNCTION ${s}.${name('tg')}();
    ALTER TABLE ${s}.${name('base')} DISABLE TRIGGER ${name('t;')}; ALTER VIEW ${s}.${name('v')} OWNER TO ${role()}; GRANT SELECT (t) ON ${s}.${name('v')} TO ${role()};
    COMMENT ON COLUMN ${s}.${name('base')}.t IS E'line\\n-- Name: x; Type: TABLE\\n\\\\connect y'; SELECT nextval(pg_get_serial_sequence('${lit(`${s}.${name('base')}`)}', 'id'));`,
  'event triggers': ({ s, name }) => `
    CREATE FUNCTION ${s}.${name('et')}() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN RAISE EXCEPTION 'never'; END $f$;
    CREATE EVENT TRIGGER ${name('evt')} ON ddl_command_start WHEN TAG IN ('CREATE CONVERSION') EXECUTE FUNCTION ${s}.${name('et')}(); ALTER EVENT TRIGGER ${name('evt')} ENABLE ALWAYS;
    COMMENT ON EVENT TRIGGER ${name('evt')} IS 'x';`,
  'foreign data': ({ s, name, role }) => `
    CREATE FOREIGN DATA WRAPPER ${name('fdw')}; GRANT USAGE ON FOREIGN DATA WRAPPER ${name('fdw')} TO ${role()};
    CREATE SERVER ${name('srv')} FOREIGN DATA WRAPPER ${name('fdw')} OPTIONS (host 'it''s'); GRANT USAGE ON FOREIGN SERVER ${name('srv')} TO ${role()} WITH GRANT OPTION;
    CREATE USER MAPPING FOR ${role()} SERVER ${name('srv')} OPTIONS (password 'p;w'); CREATE USER MAPPING FOR PUBLIC SERVER ${name('srv')};
    CREATE FOREIGN TABLE ${s}.${name('far')} (id int NOT NULL) SERVER ${name('srv')}; GRANT SELECT ON ${s}.${name('far')} TO ${role()}; COMMENT ON SERVER ${name('srv')} IS 'far';`,
  'what only a superuser defines': ({ s, name, role }) => `
    CREATE FUNCTION ${s}.${name('leak')}(int) RETURNS int LANGUAGE internal IMMUTABLE STRICT LEAKPROOF AS 'int4abs'; REVOKE ALL ON FUNCTION ${s}.${name('leak')}(int) FROM PUBLIC;
    CREATE FUNCTION ${s}.${name('plus')}(text, int) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1 || $2'; CREATE OPERATOR ${s}.+* (LEFTARG = text, RIGHTARG = int, FUNCTION = ${s}.${name('plus')});
    CREATE OPERATOR CLASS ${s}.${name('oc')} FOR TYPE int4 USING btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int4, int4);
    ALTER OPERATOR ${s}.+* (text, int) OWNER TO ${role()}; CREATE TABLE ${s}.${name('oct')} (i int); CREATE INDEX ON ${s}.${name('oct')} (i ${s}.${name('oc')});
    CREATE AGGREGATE ${s}.${name('agg')}(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0'); ALTER AGGREGATE ${s}.${name('agg')}(int) OWNER TO ${role()};
    CREATE TYPE ${s}.${name('wrapped')} AS (x int); CREATE FUNCTION ${s}.${name('towrap')}(int) RETURNS ${s}.${name('wrapped')} LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1)::${lit(`${s}.${name('wrapped')}`)}'; CREATE CAST (int AS ${s}.${name('wrapped')}) WITH FUNCTION ${s}.${name('towrap')}(int);`,
  'rights on parts of the system': ({ role }) => `
    REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC; GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO ${role()};
    REVOKE SELECT ON pg_catalog.pg_stat_activity FROM PUBLIC; REVOKE USAGE ON LANGUAGE sql FROM PUBLIC; GRANT USAGE ON LANGUAGE sql TO ${role()};`,
  'schema public of somebody': ({ role }) => `
    ALTER SCHEMA public OWNER TO ${role()}; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT CREATE ON SCHEMA public TO ${role()}; COMMENT ON SCHEMA public IS 'not for all';`,
  'no schema public': () => 'DROP SCHEMA public;',
  'text search and statistics': ({ s, name, role }) => `
    CREATE TEXT SEARCH DICTIONARY ${s}.${name('dict')} (TEMPLATE = simple, stopwords = 'english'); CREATE TEXT SEARCH CONFIGURATION ${s}.${name('cfg')} (COPY = english);
    ALTER TEXT SEARCH CONFIGURATION ${s}.${name('cfg')} ALTER MAPPING FOR asciiword WITH ${s}.${name('dict')}; ALTER TEXT SEARCH CONFIGURATION ${s}.${name('cfg')} OWNER TO ${role()};
    CREATE TABLE ${s}.${name('st')} (a int, b int); CREATE STATISTICS ${s}.${name('stat')} (dependencies, mcv) ON a, b FROM ${s}.${name('st')}; ALTER STATISTICS ${s}.${name('stat')} OWNER TO ${role()};
    ALTER TABLE ${s}.${name('st')} ALTER COLUMN a SET STATISTICS 77, ALTER COLUMN b SET (n_distinct = 5), SET (fillfactor = 60); CREATE CONVERSION ${s}.${name('conv')} FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8; ALTER CONVERSION ${s}.${name('conv')} OWNER TO ${role()};`,
  'rights that somebody else gave': ({ s, name, pick }) => {
    const [giver, taker] = pick([[0, 1] as const, [2, 3] as const, [1, 2] as const]).map((at) =>
      quote(ROLES[at]!),
    );
    return `
    CREATE TABLE ${s}.${name('given')} (a int, b int); GRANT USAGE ON SCHEMA ${s} TO ${giver}; GRANT SELECT ON ${s}.${name('given')} TO ${giver} WITH GRANT OPTION; GRANT UPDATE (a) ON ${s}.${name('given')} TO ${giver} WITH GRANT OPTION;
    SET ROLE ${giver}; GRANT SELECT ON ${s}.${name('given')} TO ${taker}; GRANT UPDATE (a) ON ${s}.${name('given')} TO ${taker}; RESET ROLE;`;
  },
  extensions: ({ s, name, role }) => `
    CREATE EXTENSION hstore WITH SCHEMA ${s}; CREATE EXTENSION pg_trgm WITH SCHEMA ${s}; COMMENT ON EXTENSION hstore IS 'ours';
    CREATE TABLE ${s}.${name('bag')} (h ${s}.hstore); INSERT INTO ${s}.${name('bag')} VALUES ('a=>1'); REVOKE EXECUTE ON FUNCTION ${s}.similarity(text, text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION ${s}.similarity(text, text) TO ${role()};`,
  'empty and odd tables': ({ s, name, role }) => `
    CREATE TABLE ${s}.${name('no columns')} (); INSERT INTO ${s}.${name('no columns')} DEFAULT VALUES; CREATE UNLOGGED TABLE ${s}.${name('unlogged')} AS SELECT 1 AS "a ""b"; CREATE SEQUENCE ${s}.${name('seq')} AS smallint CYCLE; SELECT nextval('${lit(`${s}.${name('seq')}`)}') FROM generate_series(1, 2);
    GRANT USAGE ON SEQUENCE ${s}.${name('seq')} TO ${role()}; ALTER SEQUENCE ${s}.${name('seq')} OWNER TO ${role()}; CREATE TABLE ${s}.${name('child')} (extra int) INHERITS (${s}.${name('no columns')}); GRANT ALL ON ${s}.${name('no columns')} TO ${role()} WITH GRANT OPTION;`,
};

/** All features but some, under plain names. @param database its name */
export function everyFeature(n: number, database: string, without: readonly string[]): string {
  const s = quote(`zoo ${n}`);
  // The trigger stops a statement of another feature.
  const last = ([what]: [string, Feature]): number => Number(what === 'event triggers');
  const chosen = Object.entries(FEATURES)
    .filter(([what]) => !without.includes(what))
    .sort((a, b) => last(a) - last(b));
  if (chosen.length + without.length !== Object.keys(FEATURES).length) throw new Error('no such feature');
  const one = {
    ...{
      n,
      s,
      database,
      name: (what: string) => quote(`${what} ${n}`),
      role: () => quote(ROLES[n % ROLES.length]!),
    },
    pick: <T>(all: readonly T[]): T => all[n % all.length]!,
  };
  return [
    rolesScript(),
    `CREATE SCHEMA ${s}; GRANT USAGE ON SCHEMA ${s} TO ${one.role()};`,
    ...chosen.map(([, feature]) => feature(one)),
  ]
    .join('\n')
    .replaceAll('CURRENT_DATABASE_NAME', quote(database));
}

/** Not together in one database. */
const PUBLIC_SCHEMA = ['schema public of somebody', 'no schema public'];

export interface Hostile {
  /** Of its features. */
  readonly what: readonly string[];
  readonly sql: string;
}

/**
 * @param database its name
 * @param marker the line of the environment's in its comment
 */
export function hostile(seed: number, database: string, marker: string): Hostile {
  const next = random(seed);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(next() * all.length)]!;
  const odd = [
    '',
    'a b',
    '"q"',
    "it's",
    'Größe',
    '日本',
    'semi;colon',
    '--',
    '$$',
    'SELECT',
    '.dot.',
    '\\back',
  ];
  const decoration = pick(odd);
  const name = (what: string): string => quote(`${what}${decoration}`);
  const s = quote(`schema ${seed} ${pick(odd)}`);
  const role = (): string => quote(pick(ROLES));
  const publics = pick([undefined, ...PUBLIC_SCHEMA]);
  const what = Object.keys(FEATURES).filter((feature) =>
    PUBLIC_SCHEMA.includes(feature) ? feature === publics : next() < 0.6,
  );
  const sql = [
    rolesScript(),
    `CREATE SCHEMA ${s}; GRANT USAGE ON SCHEMA ${s} TO ${role()};`,
    ...what.map((feature) => FEATURES[feature]!({ n: seed, s, name, role, database, pick })),
    ...(next() < 0.5 ? [`ALTER SCHEMA ${s} OWNER TO ${role()};`] : []),
  ].join('\n');
  return {
    what,
    sql: sql.replaceAll('CURRENT_DATABASE_NAME', quote(database)).replaceAll('MARKER', marker),
  };
}
