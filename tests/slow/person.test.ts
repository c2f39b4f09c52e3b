import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { run, succeeded } from '../helpers/processes.ts';
import { psqlSuite } from '../shared/psql-suite.ts';

const ENV = 'ENV=local_demo';
const HAS_PSQL = (await run(['psql', '--version']).catch(() => ({ status: 1 }))).status === 0;

describe('what a person does with the database that is there, on an embedded server', () => {
  const scratch = useEmbedded({
    environments: {
      guarded: { entry: { stack: 'embedded', protected: true, seed: 'scripts/seed.sql' } },
      seeded: { entry: { stack: 'embedded', seed: 'scripts/{environment}.sql' } },
    },
  });
  beforeAll(() => scratch.mustTask(`up ${ENV}`), PATIENCE);
  const one = async (sql: string): Promise<unknown> => {
    const client = await connect(scratch, { database: 'core_demo' });
    const { rows } = await client.query<Record<string, unknown>>(sql);
    await client.end();
    return rows[0] && Object.values(rows[0])[0];
  };

  test('up S=db starts it and waits; another service is refused', async () => {
    const wrong = await scratch.runTask(`up ${ENV} S=web`);
    expect(wrong.status).toBe(64);
    expect(wrong.stderr).toContain('S=web: up starts everything, or the database alone');
    expect(wrong.stderr).toMatch(/\[next\] npx tsx tasks\/up\.ts ENV=local_demo S=db\n/);
    expect(succeeded(await scratch.runTask(`up ${ENV} S=db`)).stderr).toContain('database core_demo answers');
  });

  describe('db-apply-env', () => {
    const apply = (rest: string) => scratch.runTask(`db-apply-env ${ENV} SQL=fix.sql ${rest}`);

    test('is behind the guard, and runs all of a file in one transaction', async () => {
      scratch.write(
        'fix.sql',
        `CREATE TABLE things (id int, name text);\nCOPY things FROM stdin;\n1\t品目; one\n\\.\nINSERT INTO things VALUES (2, 'it''s; two');\n`,
      );
      expect((await scratch.runTask('db-apply-env SQL=fix.sql')).stderr).toContain(
        'ENV=<environment> is missing',
      );
      const dry = await apply('DRY_RUN=1');
      expect(dry.stdout).toContain('psql --single-transaction -v ON_ERROR_STOP=1 -d core_demo -f fix.sql');
      expect(await one("SELECT to_regclass('things')")).toBeNull();
      const { stderr } = succeeded(await apply(''));
      expect(stderr).toContain(
        '[ok] local_demo: 3 statements of fix.sql run in core_demo, in one transaction',
      );
      expect(await one('SELECT string_agg(name, $$|$$ ORDER BY id) FROM things')).toBe("品目; one|it's; two");
      expect((await scratch.runTask(`journal ${ENV}`)).stdout + '').toContain('db-apply-env');
    });

    test.each([
      [
        'an error',
        "INSERT INTO things VALUES (3, 'x');\n\nSELECT 1/0;\n",
        'line 3: division by zero; nothing of it was kept',
      ],
      [
        'a row',
        'DELETE FROM things;\nCOPY things FROM stdin;\nx\ty\n\\.\n',
        'COPY things, line 1, column id: "x"; nothing',
      ],
      [
        'what fails at the end',
        'CREATE TABLE late (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);\nINSERT INTO late VALUES (1), (1);',
        'COMMIT: duplicate key',
      ],
    ])('%s leaves nothing of it', async (_what, sql, said) => {
      scratch.write('fix.sql', sql);
      const { status, stderr } = await apply('');
      expect(stderr).toContain(said);
      expect(stderr).not.toContain('[ok]');
      expect(status).toBe(1);
      expect(await one('SELECT count(*) FROM things')).toBe('2');
    });

    test.each([
      ['BEGIN;\nDELETE FROM things;\nCOMMIT;', 'line 1: BEGIN, and all of the file is one transaction'],
      ['DELETE FROM things;\nROLLBACK', 'line 2: ROLLBACK'],
      ['DELETE FROM things;\n\\connect postgres\nDROP TABLE x;', 'line 2: \\connect is a command of psql'],
      [
        "DELETE FROM things WHERE name = 'open",
        'it is cut in the middle of a statement that begins on line 1',
      ],
      ['-- nothing\n', 'there is no statement in it'],
      ['PGDMP', 'it is no script, but an archive of pg_dump'],
    ])('%j is refused before anything runs', async (sql, said) => {
      scratch.write('fix.sql', sql);
      const { status, stderr } = await apply('');
      expect(stderr).toContain(said);
      expect(status).toBe(78);
      expect(await one('SELECT count(*) FROM things')).toBe('2');
    });

    test('savepoints are part of a transaction; TRANSACTION=0 leaves transactions to the file', async () => {
      scratch.write(
        'fix.sql',
        'SAVEPOINT a;\nDELETE FROM things;\nROLLBACK TO a;\nROLLBACK WORK TO SAVEPOINT a;\n',
      );
      succeeded(await apply(''));
      scratch.write(
        'fix.sql',
        'BEGIN;\nDELETE FROM things WHERE id = 1;\nCOMMIT;\nVACUUM things;\nSELECT 1/0;',
      );
      const { stderr } = await apply('TRANSACTION=0');
      expect(stderr).toContain(
        'fix.sql, line 5: division by zero; of the 4 statements before it is kept what the file had committed',
      );
      expect(await one('SELECT count(*) FROM things')).toBe('1');
    });

    test('a transaction that the file leaves open is said', async () => {
      scratch.write('fix.sql', 'BEGIN;\nDELETE FROM things;');
      const { status, stderr } = await apply('TRANSACTION=0');
      expect(stderr).toContain('a transaction that it began is open');
      expect(status).toBe(1);
      expect(await one('SELECT count(*) FROM things')).toBe('1');
    });

    test('a comment on the database does not take its marker', async () => {
      scratch.write('fix.sql', "COMMENT ON DATABASE core_demo IS 'ours';");
      succeeded(await apply(''));
      expect((await scratch.runTask(`db-mark-env ${ENV}`)).stdout).toBe('local_demo\n');
    });
  });

  test('db-seed-env: the file of the registry; none on a protected environment', async () => {
    const none = await scratch.runTask(`db-seed-env ${ENV}`);
    expect(none).toMatchObject({ status: 78 });
    expect(none.stderr).toContain("seed: 'scripts/db/seed.sql'");
    const refused = await scratch.runTask('db-seed-env ENV=guarded');
    expect(refused.stderr).toContain('guarded is protected, and gets no seed');
    expect(refused.status).toBe(77);
    succeeded(await scratch.runTask('up ENV=seeded'));
    expect((await scratch.runTask('db-seed-env ENV=seeded')).stderr).toContain(
      'seed=scripts/seeded.sql: no such file',
    );
    scratch.write('scripts/seeded.sql', 'CREATE TABLE seeds AS SELECT 1 AS n;');
    expect(succeeded(await scratch.runTask('db-seed-env ENV=seeded')).stderr).toContain(
      '[ok] seeded: 1 statement of scripts/seeded.sql run in core, in one transaction',
    );
  });

  test('app-shell says that there is no container', async () => {
    const { status, stderr } = await scratch.runTask(`app-shell ${ENV}`);
    expect(stderr).toContain('local_demo has no containers');
    expect(status).toBe(78);
  });

  describe.skipIf(!HAS_PSQL)('psql', () => {
    const psql = (...words: string[]) => scratch.runTask(['psql', ...words]);

    psqlSuite(scratch, {
      ...{ environment: 'local_demo', user: 'app_demo', database: 'core_demo', command: /^psql / },
      password: () => scratch.password(),
    });

    test('reads only where it is protected, unless the command line says otherwise', async () => {
      succeeded(await scratch.runTask('up ENV=guarded'));
      const write = 'SQL=CREATE TABLE made AS SELECT 1';
      const refused = await psql('ENV=guarded', write);
      expect(refused.stderr).toContain('read only (WRITE=1 changes that)');
      expect(refused.stderr).toContain('cannot execute CREATE TABLE AS in a read-only transaction');
      expect(refused.status).toBe(3);
      const exported = await scratch.runTask(['psql', 'ENV=guarded', write], { env: { WRITE: '1' } });
      expect(exported.status).toBe(3);
      // A setting of the role does not lift it.
      succeeded(
        await psql(
          'ENV=guarded',
          'WRITE=1',
          'SQL=ALTER ROLE CURRENT_USER SET default_transaction_read_only = off',
        ),
      );
      expect((await psql('ENV=guarded', write)).status).toBe(3);
      succeeded(await psql('ENV=guarded', write, 'WRITE=1'));
      expect((await psql(ENV, 'WRITE=0', write)).status).toBe(3);
    });

    test('not on the database of another environment', async () => {
      await one("COMMENT ON DATABASE core_demo IS 'makesafe.environment=vm_prod'");
      const { status, stderr } = await psql(ENV, 'SELECT 1');
      await one("COMMENT ON DATABASE core_demo IS 'makesafe.environment=local_demo'");
      expect(stderr).toContain('is marked for vm_prod');
      expect(status).toBe(77);
    });

    test('where there is none, it says what to install', async () => {
      const { status, stderr } = await scratch.runTask(`psql ${ENV} SQL=SELECT`, {
        env: { PATH: '/nonexistent' },
      });
      expect(stderr).toContain('this machine has no psql');
      expect(stderr).toContain('apt-get install postgresql-client');
      expect(status).toBe(69);
      expect(existsSync('/nonexistent')).toBe(false);
    });
  });

  test('al-cur-env CHECK=1 ends with 1 when it is not at head', async () => {
    const [told, checked] = [
      await scratch.runTask(`al-cur-env ${ENV}`),
      await scratch.runTask(`al-cur-env ${ENV} CHECK=1`),
    ];
    expect(told.stderr).toContain('[warn] local_demo has no revision, not at head (');
    expect(told.status).toBe(0);
    expect(checked.stderr).toContain('[error] local_demo has no revision, not at head (');
    expect(checked.stderr).toContain('[next] npx tsx tasks/al-up-env.ts ENV=local_demo');
    expect(checked.status).toBe(1);
  });

  test('a DUMP that is not there names the backups that there are', async () => {
    const none = await scratch.runTask(`restore-from-dump ${ENV} DUMP=backups/none.dump`);
    expect(none.stderr).toContain('[error] DUMP=backups/none.dump: no such file\n[next] ');
    succeeded(await scratch.runTask(`backup ${ENV}`));
    const { stderr, status } = await scratch.runTask(`restore-from-dump ${ENV} DUMP=backups/none.dump`);
    expect(stderr).toMatch(
      /no such file\n +there are, the newest first:\n +backups\/local_demo_core_demo_\d{8}_\d{6}\.dump\n\[next\] npx tsx tasks\/backups\.ts ENV=local_demo/,
    );
    expect(status).toBe(78);
  });

  test('a file of SQL that is not there is said with the line to type', async () => {
    const { stderr, status } = await scratch.runTask(`db-apply-env ${ENV} SQL=none.sql`);
    expect(stderr).toContain('[error] SQL=none.sql: no such file\n[next] SQL=<a file that is there>\n');
    expect(status).toBe(78);
  });

  test('a BASE that is behind is said before the countdown of a rebuild', async () => {
    succeeded(await scratch.runTask('up ENV=seeded'));
    const { stderr } = await scratch.runTask(`db-rebuild-env ${ENV} BASE=seeded DRY_RUN=1`);
    expect(stderr).toMatch(
      /\[warn\] seeded has no revision, not at head \(\S+\): local_demo will differ from it\. First: npx tsx tasks\/al-up-env\.ts ENV=seeded\n/,
    );
  });

  test('al-merge joins two heads, and says when there is one', async () => {
    const versions = 'app/backend/core_api/migrations/alembic/versions';
    const alone = await scratch.runTask(`al-merge ${ENV}`);
    expect(alone.stderr).toContain('there is nothing to merge');
    scratch.write(
      `${versions}/0001_other.py`,
      'revision = "other"\ndown_revision = "20251120_083000000"\n\n\ndef upgrade():\n    pass\n\n\ndef downgrade():\n    pass\n',
    );
    const { stderr } = succeeded(await scratch.runTask(['al-merge', 'REV_ID=joined', 'MSG=両方 join']));
    expect(stderr).toMatch(/\[ok\] made revision joined: .*versions\/\S*joined/);
    const heads = succeeded(await scratch.runTask('al-heads'));
    expect(heads.stdout + heads.stderr).toContain('joined (head)');
  });
});
