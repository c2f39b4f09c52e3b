import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, listen, localAsker, useEmbedded } from '../helpers/embedded.ts';
import {
  AUTHORITY,
  MANAGED,
  administer,
  makeAuthority,
  managed,
  startManaged,
  switchTls,
} from '../helpers/managed-server.ts';
import { run, succeeded, type Ran } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import type { ExtraEnvironment } from '../helpers/scratch.ts';
import { psqlSuite } from '../shared/psql-suite.ts';

const HAS_PSQL = (await run(['psql', '--version']).catch(() => ({ status: 1 }))).status === 0;
const PASSWORD = 'p w%40@/$x#"1\\n';
const alembicIni = 'app/backend/core_api/migrations/alembic.ini';
const port = await freePort();

/** An environment on the server, with a database of its own. */
const on = (server: Record<string, unknown>, env: Record<string, string> = {}): ExtraEnvironment => ({
  entry: { stack: 'server', alembicIni, server: { host: 'localhost', port, caFile: AUTHORITY, ...server } },
  env: { POSTGRES_USER: 'app_owner', POSTGRES_DB: 'core', POSTGRES_PASSWORD: PASSWORD, ...env },
});

describe('a server that somebody else runs', () => {
  const moved = on({}, { POSTGRES_DB: 'core_moved' });
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: managed,
      vm_new: on({}),
      twin: {
        ...on({}, { POSTGRES_DB: 'core_twin' }),
        entry: { ...on({}).entry, protected: true, wall: false },
      },
      neighbour: on({}, { POSTGRES_DB: 'core_neighbour' }),
      other_authority: on({ caFile: 'env/other.pem' }),
      other_name: on({ host: '127.0.0.1' }, { POSTGRES_DB: 'core_name' }),
      any_name: on({ host: '127.0.0.1', tls: 'verify-ca' }, { POSTGRES_DB: 'core_name' }),
      unverified: on({ tls: 'require', caFile: undefined }, { POSTGRES_DB: 'core_unverified' }),
      plain: on({ tls: 'disable', caFile: undefined }, { POSTGRES_DB: 'core_plain' }),
      moving: { ...moved, entry: { ...moved.entry, stack: 'embedded' } },
    },
  });
  const db = localAsker(scratch, MANAGED, 'administrator', 'core');
  const task = (words: string, env = {}): Promise<Ran> => scratch.runTask(words, { env });
  const done = async (words: string, env = {}): Promise<Ran> => succeeded(await task(words, env));

  beforeAll(async () => {
    await startManaged(scratch, port);
    await makeAuthority(scratch.path('env/other.pem'), join(scratch.outside, 'other.key'));
    await administer(
      scratch,
      `CREATE ROLE app_owner LOGIN CREATEDB CREATEROLE PASSWORD '${PASSWORD}'`,
      // So that what it makes is in its hands, as in those of a managed server's main role.
      `ALTER ROLE app_owner SET createrole_self_grant = 'set, inherit'`,
    );
  }, PATIENCE);

  test('the runbook, as a role that is no superuser', async () => {
    // What the shell exports chooses nothing, and what the registry states is all that counts.
    const env = { PGHOST: 'nowhere', PGSSLMODE: 'disable', POSTGRES_HOST: 'nowhere', POSTGRES_PORT: '1' };
    const up = await done('up ENV=vm_new', env);
    expect(up.stderr).toContain('made database core');
    expect(up.stderr).toContain('[ok] vm_new: database core answers');
    await done('db-bootstrap-roles-env ENV=vm_new', env);
    await done('al-up-env ENV=vm_new', env);
    expect((await done('al-cur-env ENV=vm_new', env)).stderr).toContain('[ok] vm_new is at head');
    const used = await db.sql(
      `SELECT pg_get_userbyid(datdba), shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core'`,
    );
    expect(used).toBe('app_owner|makesafe.environment=vm_new');
  });

  describe.skipIf(!HAS_PSQL)('by the psql of this machine', () => {
    psqlSuite(scratch, {
      ...{ environment: 'vm_new', user: 'app_owner', database: 'core', command: /^psql / },
      password: () => PASSWORD,
    });

    test('over TLS, to whom the registry names alone, and read-only where that is protected', async () => {
      const ssl = 'SQL=SELECT ssl, version FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const env = { PGSSLMODE: 'disable', PGHOST: 'nowhere', PGPORT: '1', PGUSER: 'x', PGDATABASE: 'x' };
      const psql = (...words: string[]): Promise<Ran> => scratch.runTask(['psql', ...words], { env });
      expect(succeeded(await psql('ENV=vm_new', ssl)).stdout).toMatch(/^ t +\| TLSv1\.[23]$/m);
      // Whom another authority has signed is nobody to speak with.
      const other = await psql('ENV=other_authority', ssl);
      expect(other.stderr).toContain('does not prove that it is the one');
      expect(other.status).toBe(78);
      await done('up ENV=twin');
      const write = 'SQL=CREATE TABLE made ()';
      const refused = await psql('ENV=twin', write);
      expect(refused.stderr).toContain('in a read-only transaction');
      expect(refused.status).toBe(3);
      succeeded(await psql('ENV=twin', 'WRITE=1', `${write}; DROP TABLE made`));
      await administer(scratch, 'DROP DATABASE core_twin WITH (FORCE)');
    });
  });

  test('a backup, and a dump with the bytes that the embedded stack writes', async () => {
    await done('up ENV=moving');
    await done('al-up-env ENV=moving');
    const dumps = ['vm_new', 'moving'].map(async (name) => {
      await done(`db-dump-schema-env ENV=${name} OUT=backups/${name}.sql`);
      return scratch.read(`backups/${name}.sql`);
    });
    const [here, there] = await Promise.all(dumps);
    expect(here).toContain('CREATE MATERIALIZED VIEW mart.mv_receive_daily_summary');
    expect(here).toBe(there);
    await db.sql(`INSERT INTO mart.suppliers SELECT n, 'Supplier ' || n FROM generate_series(1, 500) n`);
    const { stdout, stderr } = await done('backup ENV=vm_new BACKUP_DIR=backups/taken');
    expect(stderr).toContain('and was read back to its end');
    await db.sql('DELETE FROM mart.suppliers');
    await done(`restore-from-dump ENV=vm_new DUMP=${stdout.trim()} WAIT=0`);
    expect(await db.sql('SELECT count(*) FROM mart.suppliers')).toBe('500');
  });

  test('shows what it is, and that it is well', async () => {
    const runs = ['ps', 'health', 'check', 'config'].map((name) => done(`${name} ENV=vm_new`));
    const [ps, health, check, config] = await Promise.all(runs);
    expect(ps!.stdout).toMatch(new RegExp(`^db +localhost +${port} +verify-full +running$`, 'm'));
    expect(health!.stdout).toMatch(/^✓ database core +PostgreSQL 17/m);
    expect(check!.stdout).toMatch(
      new RegExp(`^✓ engine +PostgreSQL server localhost:${port}, TLS verify-full$`, 'm'),
    );
    expect(config!.stdout).toContain(
      `host: localhost\nport: ${port}\ntls: verify-full\ncaFile: ${AUTHORITY}`,
    );
    expect(runs.length).toBe(4);
    for (const { stdout, stderr } of [ps!, health!, check!, config!])
      expect(stdout + stderr).not.toContain(PASSWORD);
  });

  test.each([
    ['down', 'it cannot be stopped from here'],
    ['restart', 'it cannot be restarted from here'],
    ['rebuild', 'there is nothing to build'],
    ['logs', 'its log is where it runs'],
  ])("%s is not makesafe's: 78", async (name, why) => {
    const { status, stderr } = await task(`${name} ENV=vm_new`);
    expect(stderr).toContain(`vm_new is a server that makesafe does not run (localhost:${port}): ${why}`);
    expect(stderr).toContain('[next] make health ENV=vm_new');
    expect(status).toBe(78);
  });

  test('db-reset-volume-env is refused, with what to do instead: 77', async () => {
    const { status, stderr } = await task('db-reset-volume-env ENV=vm_new WAIT=0');
    expect(stderr).toContain(`the storage of localhost:${port} is not makesafe's to remove`);
    expect(stderr).toContain('make db-reset-db-env ENV=vm_new');
    expect(status).toBe(77);
  });

  test('db-reset-db-env empties the database, and none of its neighbours', async () => {
    await done('up ENV=neighbour');
    // An environment of its own for somebody else, whose database is no reason to refuse.
    const { stderr } = await done('db-reset-db-env ENV=vm_new WAIT=0');
    expect(stderr).toMatch(/^ +engine +PostgreSQL server on host localhost$/m);
    expect(stderr).toMatch(
      new RegExp(`^ +server +localhost:${port}, TLS verify-full, PostgreSQL 17.*system \\d+$`, 'm'),
    );
    expect(stderr).toMatch(new RegExp(`^ +storage +kept by the server at localhost:${port}`, 'm'));
    expect(stderr).toContain('[ok] vm_new: database core is new and empty');
    expect(await db.sql(`SELECT to_regnamespace('mart') IS NULL`)).toBe('t');
    const left = `SELECT datname FROM pg_database WHERE datname LIKE 'core%' ORDER BY 1`;
    expect(await db.sql(left)).toBe('core\ncore_neighbour');
  });

  test('two environments with one database are seen before anything is destroyed: 77', async () => {
    scratch.write('env/.env.twin', 'POSTGRES_USER=app_owner\nPOSTGRES_DB=core\n');
    const { status, stderr } = await task('db-reset-db-env ENV=vm_new WAIT=0');
    expect(stderr).toContain(
      `address localhost:${port}/core is also twin's (env/environments.ts (vm_new), env/environments.ts (twin))`,
    );
    expect(status).toBe(77);
    scratch.write('env/.env.twin', 'POSTGRES_USER=app_owner\nPOSTGRES_DB=core_twin\n');
  });

  describe('which of two servers it is', () => {
    const refused = async (name: string, ...said: string[]): Promise<void> => {
      const tasks = ['up', 'db-dump-schema-env', 'al-cur-env', 'db-reset-db-env WAIT=0'];
      const runs = await Promise.all(tasks.map((words) => task(`${words} ENV=${name}`)));
      for (const [at, { status, stderr }] of runs.entries()) {
        for (const text of said) expect(stderr).toContain(text);
        expect(stderr).not.toContain('[ok]');
        expect([tasks[at], status]).toEqual([tasks[at], 78]);
      }
    };

    test('a certificate of another authority is not believed: 78', () =>
      refused('other_authority', 'does not prove that it is the one', 'server.caFile (env/other.pem)'));

    test('nor is one of another name: 78', () =>
      refused('other_name', 'does not prove that it is the one', "tls: 'verify-ca'"));

    test('verify-ca does not look at the name, require at nothing', async () => {
      await done('up ENV=any_name');
      await done('al-cur-env ENV=any_name');
      await done('up ENV=unverified');
    });

    test('without TLS the server lets nobody in, in its own words', async () => {
      const { status, stderr } = await task('up ENV=plain');
      expect(stderr).toContain('no pg_hba.conf entry');
      expect(stderr).toContain('no encryption');
      expect(status).toBe(1);
    });

    test('a server that does not speak TLS is refused: 78', async () => {
      await switchTls(scratch, false);
      await refused(
        'unverified',
        `the server at localhost:${port} does not speak TLS`,
        "server.tls: 'disable'",
      );
      await switchTls(scratch, true);
    });

    test('what is not PostgreSQL is refused: 78, and what does not answer: 69', async () => {
      const other = await listen(0);
      const registry = scratch.read('env/environments.ts');
      const at = (to: number): void =>
        scratch.write('env/environments.ts', registry.replaceAll(`"port": ${port}`, `"port": ${to}`));
      at(other.port);
      const closing = await task('up ENV=vm_new TIMEOUT=1');
      expect(closing.stderr).toContain(`no answer of localhost:${other.port} within 1 s`);
      expect(closing.status).toBe(69);
      at(await freePort());
      const nobody = await task('db-dump-schema-env ENV=vm_new OUT=backups/none.sql');
      expect(nobody.stderr).toContain('the database does not answer');
      expect(nobody.status).toBe(69);
      const stopped = await task('db-reset-db-env ENV=vm_new WAIT=0');
      expect(stopped.status).toBe(69);
      scratch.write('env/environments.ts', registry);
    });

    test('a wrong password: 1, with the file to correct', async () => {
      scratch.write('secrets/.env.neighbour.secrets', 'POSTGRES_PASSWORD=another\n', 0o600);
      const { status, stderr } = await task('up ENV=neighbour');
      expect(stderr).toMatch(
        /\[error\] localhost:\d+ refuses the password of app_owner\n\[next\] secrets\/\.env\.neighbour\.secrets:1 must hold the password of that role\n/,
      );
      expect(status).toBe(1);
    });
  });
});
