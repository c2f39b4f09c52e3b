import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { homeSuite } from '../shared/home-suite.ts';

/** As pg_cron does: it can only be made in a database of one name, and its tables hold what belongs to the database. */
const BOUND = `
  DO $$ BEGIN IF current_database() <> 'core_stg' THEN RAISE EXCEPTION 'can only create extension in database core_stg'; END IF; END $$;
  CREATE SCHEMA bound; CREATE TABLE bound.job (id serial PRIMARY KEY, what text);
  SELECT pg_catalog.pg_extension_config_dump('bound.job', ''); SELECT pg_catalog.pg_extension_config_dump('bound.job_id_seq', '');
  GRANT USAGE ON SCHEMA bound TO PUBLIC;`;
const CONTROL = "default_version = '1.0'\nrelocatable = false\nsuperuser = true\nschema = pg_catalog\n";

describe.skipIf(inject('noEngine') !== '')('backups that go back on the compose stack', () => {
  const scratch = useScratch({ only: ['vm_stg'] });

  beforeAll(async () => {
    await startDatabase(scratch, 'vm_stg', 'db');
  });

  test('an extension that asks for the name of the database comes back, with what is in its tables', async () => {
    const db = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
    const container = await scratch.container('vm_stg');
    const folder = '/usr/share/postgresql/17/extension';
    for (const [file, text] of [
      ['bound.control', CONTROL],
      ['bound--1.0.sql', BOUND],
    ] as const)
      await docker(
        'exec',
        '-u',
        'root',
        container,
        'sh',
        '-c',
        'printf %s "$1" > "$2"',
        'sh',
        text,
        `${folder}/${file}`,
      );
    await db.sql(
      `CREATE EXTENSION bound; INSERT INTO bound.job (what) VALUES ('nightly'), ('hourly'); CREATE TABLE mine AS SELECT 1 AS x;
       DO $$ BEGIN CREATE ROLE bound_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT SELECT ON bound.job TO bound_reader`,
    );
    const taken = (await scratch.mustTask('backup ENV=vm_stg BACKUP_DIR=bound')).stdout.trim();
    await db.sql(`DELETE FROM bound.job`);
    const restored = await scratch.runTask(`restore-from-dump ENV=vm_stg WAIT=0 DUMP=${taken} ALLOW=less`);
    expect(succeeded(restored).stderr).toContain('[ok] vm_stg: core_stg is restored from');
    expect(await db.sql('SELECT id, what FROM bound.job ORDER BY id')).toBe('1|nightly\n2|hourly');
    expect(
      await db.sql(
        `SELECT nextval('bound.job_id_seq'), has_table_privilege('bound_reader', 'bound.job', 'SELECT')`,
      ),
    ).toBe('3|t');
  });

  // Each of its databases is made anew, and the last of them stays, whatever it does to its sessions.
  homeSuite({ scratch, environment: 'vm_stg' });
});
