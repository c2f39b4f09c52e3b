import { beforeAll, describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('db-bootstrap-roles-env', () => {
  const scratch = useScratch({ only: [], environments: { one: { compose: databaseOnly() } } });
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
});
