import { afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('db-bootstrap-roles-env', () => {
  const scratch = useScratch({
    only: [],
    environments: { one: { compose: databaseOnly(), entry: { standbyWait: 3 } } },
  });
  const { sql } = asker(scratch, 'one', 'app', 'core');

  beforeAll(() => startDatabase(scratch, 'one'));

  test('may be repeated, before the schemas exist and after', async () => {
    await scratch.mustTask('db-bootstrap-roles-env ENV=one');
    await sql(`CREATE SCHEMA mart; CREATE TABLE mart.t (); CREATE SCHEMA stg; CREATE VIEW stg.v AS SELECT 1`);
    const rights = `SELECT rolcanlogin, has_schema_privilege(oid, 'mart', 'USAGE'),
      has_table_privilege(oid, 'mart.t', 'SELECT'), has_table_privilege(oid, 'stg.v', 'SELECT'),
      has_table_privilege(oid, 'mart.t', 'INSERT') FROM pg_roles WHERE rolname = 'app_readonly'`;
    expect(await sql(rights)).toBe('f|f|f|f|f');
    for (let time = 1; time <= 2; time++) {
      await scratch.mustTask('db-bootstrap-roles-env ENV=one');
      expect(await sql(rights)).toBe('f|t|t|t|f');
    }
    // Default privileges: what is made later can be read without another run.
    await sql('CREATE TABLE stg.later ()');
    expect(await sql(`SELECT has_table_privilege('app_readonly', 'stg.later', 'SELECT')`)).toBe('t');
  });

  test.each([
    ['', 0],
    ['\\set ON_ERROR_STOP 0', 0],
    ['\\set ON_ERROR_STOP off', 0],
  ])('counts what failed and names each line, and the rest is done (%s)', async (setting) => {
    const lines = [
      setting,
      'CREATE TABLE first ();',
      'GRANT SELECT ON absent TO app_readonly;',
      'DO $$',
      'BEGIN',
      `  RAISE EXCEPTION 'not today';`,
      'END $$;',
      `DO $$ BEGIN RAISE WARNING 'only a warning'; END $$;`,
      '\\nonsense',
      'CREATE TABLE last ();',
    ];
    scratch.write('scripts/db/failing.sql', lines.join('\n'));
    const script = 'scripts/db/failing.sql';
    const { status, stderr } = await scratch.runTask(
      `db-bootstrap-roles-env ENV=one BOOTSTRAP_ROLES_SQL=${script}`,
    );
    expect(stderr).toContain('[error] 3 statements failed:');
    expect(stderr).toContain(`${script}:3: relation "absent" does not exist`);
    // psql counts a statement by its last line.
    expect(stderr).toContain(`${script}:7: not today`);
    expect(stderr).toContain(`${script}:9: invalid command \\nonsense`);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    await sql('DROP TABLE first; DROP TABLE last');
  });

  test('names a script that does not exist: 78', async () => {
    const words = 'db-bootstrap-roles-env ENV=one BOOTSTRAP_ROLES_SQL=scripts/absent.sql';
    const { status, stderr } = await scratch.runTask(words);
    expect(stderr).toContain('scripts/absent.sql: no such file');
    expect(status).toBe(78);
  });

  describe('a commit that no synchronous standby confirms', () => {
    const script = 'scripts/db/waiting.sql';
    const LINE = `db-bootstrap-roles-env ENV=one BOOTSTRAP_ROLES_SQL=${script}`;
    /** What the test does itself must not wait. */
    const awaited = (names: string): Promise<string> =>
      sql(
        `SET synchronous_commit TO local; ALTER SYSTEM SET synchronous_standby_names = '${names}'; SELECT pg_reload_conf()`,
      );
    const sessions = (): Promise<string> =>
      sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'makesafe psql%'`);
    beforeEach(async () => {
      scratch.write(script, `CREATE TABLE waiting ();\nCREATE TABLE behind ();\n`);
      await sql('DROP TABLE IF EXISTS waiting, behind');
      await awaited('n2');
    });
    afterEach(() => awaited(''));

    test('is waited for as long as the entry says: 69', async () => {
      const running = scratch.startTask(LINE);
      await running.printed('a standby to confirm, 3 s at most (synchronous_standby_names is n2; ');
      const { status, stderr } = await running.ended;
      expect(stderr).toContain('no standby has confirmed a commit within 3 s');
      expect(stderr).toContain('[next] have a standby answer');
      expect(status, stderr).toBe(69);
      expect(await sessions()).toBe('0');
      // The one that waited is done, and none after it.
      expect(await sql(`SELECT to_regclass('waiting'), to_regclass('behind')`)).toBe('waiting|');
    });

    test('ends with Ctrl-C at once, and the script does not go on: 130', async () => {
      const running = scratch.startTask(LINE);
      await running.printed('a standby to confirm');
      running.interrupt();
      const { status, stderr } = await running.ended;
      expect(status, stderr).toBe(130);
      await expect.poll(sessions).toBe('0');
      expect(await sql(`SELECT to_regclass('waiting'), to_regclass('behind')`)).toBe('waiting|');
    });
  });
});
