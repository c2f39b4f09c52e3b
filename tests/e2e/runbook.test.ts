import { readdirSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const HEAD = '20251211_140000000';

/** Tables, partitioned tables, views and materialized views of the reporting schemas. */
const RELATIONS = `
  SELECT format('%I.%I', nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
  WHERE nspname IN ('mart', 'stg') AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1`;

describe.skipIf(inject('noEngine') !== '')('the runbook', () => {
  const scratch = useScratch();
  const dumps: Record<string, string> = {};

  describe.each([
    {
      name: 'vm_stg',
      how: 'through make, on a named volume',
      user: 'app_stg',
      database: 'core_stg',
      step: (words: string): Promise<Ran> => scratch.runMake(words),
    },
    {
      name: 'local_dev',
      how: 'through npx tsx, on a bind-mounted PGDATA',
      user: 'app_dev',
      database: 'core_dev',
      step: (words: string): Promise<Ran> => scratch.runNpx(words),
    },
  ])('for $name $how', ({ name, user, database, step }) => {
    const db = asker(scratch, name, user, database);
    const done = async (words: string): Promise<Ran> => succeeded(await step(words));

    test('goes from an old database to a dumped schema at head, and an old row is gone', async () => {
      // local_dev gets its secrets file on first use.
      await scratch.mustTask(`config ENV=${name}`);
      await startDatabase(scratch, name, 'db');
      await db.sql('CREATE SCHEMA mart; CREATE TABLE mart.suppliers AS SELECT 42 AS x');

      await done(`db-reset-volume-env ENV=${name} WAIT=0`);
      await done(`up ENV=${name}`);
      expect(await db.sql(`SELECT to_regnamespace('mart') IS NULL`)).toBe('t');
      await done(`db-bootstrap-roles-env ENV=${name}`);
      await done(`al-up-env ENV=${name}`);
      expect(await db.sql('SELECT count(*) FROM mart.suppliers')).toBe('0');
      expect((await done(`al-cur-env ENV=${name}`)).stderr).toContain(`[ok] ${name} is at head (${HEAD})`);
      await done(`db-dump-schema-env ENV=${name} OUT=backups/schema_${name}.sql`);
      dumps[name] = scratch.read(`backups/schema_${name}.sql`);
      expect(dumps[name]).toContain('CREATE MATERIALIZED VIEW mart.mv_receive_daily_summary');
    });

    test('lets app_readonly read every relation of mart and stg, and write none', async () => {
      const relations = (await db.sql(RELATIONS)).split('\n');
      expect(relations).toContain('mart.mv_receive_daily_summary');
      expect(relations.length).toBeGreaterThan(12);
      const reads = relations.map((relation) => `SELECT count(*) FROM ${relation};`);
      await db.sql(['SET ROLE app_readonly;', ...reads].join('\n'));
      const write = `SET ROLE app_readonly; INSERT INTO mart.suppliers VALUES ('s', 'S')`;
      expect(await db.refusal(write)).toContain('permission denied for table suppliers');
    });
  });

  test('gives the same dump in both environments', () => {
    expect(dumps['local_dev']).toBe(dumps['vm_stg']);
  });

  test('by a deprecated alias: one warning, and everything behind it has the canonical name', async () => {
    const warning = '[warn] ENV=stg is deprecated; the environment is vm_stg';
    for (const words of ['backup', 'db-dump-schema-env', 'db-reset-volume-env WAIT=0']) {
      const lines = (await scratch.mustTask(`${words} ENV=stg`)).stderr.split('\n');
      expect(lines.filter((line) => line.includes('deprecated'))).toEqual([warning]);
      expect(lines.filter((line) => line.startsWith('[next]')).join()).not.toMatch(/ENV=stg\b/);
    }
    expect(readdirSync(scratch.path('backups')).sort()).toEqual([
      ...['schema_local_dev.sql', 'schema_vm_stg.sql'],
      expect.stringMatching(/^vm_stg_core_stg_\d{8}_\d{6}\.dump$/),
      expect.stringMatching(/^vm_stg_core_stg_\d{8}_\d{6}\.dump\.json$/),
    ]);
    const ours = ['--filter', `name=${scratch.project('vm_stg')}`];
    expect(await docker('ps', '-aq', ...ours)).toBe('');
    expect(await docker('volume', 'ls', '-q', ...ours)).toBe('');
  });
});
