import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker, startMigrated } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('backup', () => {
  const scratch = useScratch({ only: ['vm_stg', 'local_demo'] });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');

  beforeAll(async () => {
    await startMigrated(scratch, 'vm_stg');
    await sql(`INSERT INTO mart.suppliers SELECT n, 'Supplier ' || n FROM generate_series(1, 500) n`);
  });

  test('is a dump that can be restored, with its facts beside it, readable by its owner only', async () => {
    const before = Date.now();
    const { stdout } = await scratch.mustTask(['backup', 'ENV=vm_stg', 'BACKUP_DIR=my backups/of stg']);
    const folder = 'my backups/of stg';
    const [dump, json] = readdirSync(scratch.path(folder)).sort() as [string, string];
    expect(dump).toMatch(/^vm_stg_core_stg_\d{8}_\d{6}\.dump$/);
    expect(json).toBe(`${dump}.json`);
    expect(stdout.trim()).toBe(`${folder}/${dump}`);

    const bytes = readFileSync(scratch.path(folder, dump));
    const facts = JSON.parse(scratch.read(`${folder}/${json}`)) as Record<string, unknown>;
    expect(facts).toEqual({
      rows: expect.objectContaining({ 'mart.suppliers': 500, 'public.alembic_version': 1 }) as unknown,
      environment: 'vm_stg',
      database: 'core_stg',
      serverVersion: await sql(`SELECT current_setting('server_version')`),
      revisions: ['20251211_140000000'],
      format: 'custom',
      tables: expect.any(Number) as number,
      databaseSize: expect.any(Number) as number,
      databaseOid: await sql('SELECT oid FROM pg_database WHERE datname = current_database()'),
      systemIdentifier: await sql('SELECT system_identifier FROM pg_control_system()'),
      size: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      time: expect.any(String) as string,
      contents: expect.any(Number) as number,
      home: expect.any(Object) as object,
      seal: expect.any(Object) as object,
    });
    const time = Date.parse(facts['time'] as string);
    expect(time).toBeGreaterThanOrEqual(before - 1000);
    expect(time).toBeLessThanOrEqual(Date.now());
    for (const file of [dump, json]) {
      expect((statSync(scratch.path(folder, file)).mode & 0o777).toString(8), file).toBe('600');
    }

    const id = await scratch.container('vm_stg');
    await docker('cp', scratch.path(folder, dump), `${id}:/tmp/backup.dump`);
    expect(await docker('exec', id, 'pg_restore', '--list', '/tmp/backup.dump')).toContain(
      'TABLE DATA mart suppliers',
    );
    await sql('CREATE DATABASE restored TEMPLATE template0');
    await docker('exec', id, 'pg_restore', '-U', 'app_stg', '-d', 'restored', '-e', '/tmp/backup.dump');
    expect(await sql('SELECT count(*) FROM mart.suppliers', 'restored')).toBe('500');
  });

  test('is proven by a drill: beside the database, as a folder, and without containers', async () => {
    const before = await sql(`SELECT string_agg(datname || oid, ',' ORDER BY 1) FROM pg_database`);
    await scratch.mustTask('backup ENV=vm_stg BACKUP_DIR=drilled JOBS=2');
    const folder = await scratch.mustTask('backup-drill-env ENV=vm_stg BACKUP_DIR=drilled');
    expect(folder.stderr).toContain('it came back whole on vm_stg');
    await scratch.mustTask('backup ENV=vm_stg BACKUP_DIR=drilled');
    const beside = await scratch.mustTask('backup-drill-env ENV=vm_stg BACKUP_DIR=drilled');
    expect(beside.stdout).toMatch(/objects +\d+ objects, defined as in the file/);
    expect(await sql(`SELECT string_agg(datname || oid, ',' ORDER BY 1) FROM pg_database`)).toBe(before);
    await scratch.mustTask('up ENV=local_demo');
    try {
      await scratch.mustTask('down ENV=vm_stg');
      const elsewhere = await scratch.mustTask(
        'backup-drill-env ENV=vm_stg BACKUP_DIR=drilled ON=local_demo',
      );
      expect(elsewhere.stdout).toMatch(
        /objects +\d+ objects, of the same kinds and names; .*pg_dump 17 and 18/,
      );
      expect(elsewhere.stderr).toContain('it came back whole on local_demo');
    } finally {
      await scratch.mustTask('down ENV=local_demo');
      await scratch.mustTask('up ENV=vm_stg');
    }
    const listed = await scratch.mustTask('backups ENV=vm_stg BACKUP_DIR=drilled');
    expect(listed.stdout.match(/s ago on (local_demo|vm_stg)/g)).toEqual([
      's ago on local_demo',
      's ago on vm_stg',
    ]);
  });

  test('of a database before its first migration has no revision', async () => {
    await sql('ALTER TABLE alembic_version RENAME version_num TO hidden');
    const { stdout } = await scratch.mustTask('backup ENV=vm_stg BACKUP_DIR=early');
    await sql('ALTER TABLE alembic_version RENAME hidden TO version_num');
    expect(JSON.parse(scratch.read(`${stdout.trim()}.json`))).toMatchObject({ revisions: [] });
  });

  describe('when it fails, leaves no file', () => {
    const fails = async (folder: string, status: number, reason: string | RegExp): Promise<void> => {
      const ran = await scratch.runTask(`backup ENV=vm_stg BACKUP_DIR=${folder}`);
      expect(ran.stderr).toMatch(reason);
      expect(ran.stderr).not.toContain('[ok]');
      expect(ran.stdout).toBe('');
      expect(ran.status).toBe(status);
    };
    const dumps = (): string[] =>
      readdirSync(scratch.root, { recursive: true, encoding: 'utf8' }).filter(
        (file) => file.includes('vm_stg_core_stg') && !/^(my backups|early|drilled)/.test(file),
      );

    test('because pg_dump gives up in the middle', async () => {
      await sql(
        'CREATE TABLE broken (); UPDATE pg_class SET relnamespace = 99999 WHERE relname = $$broken$$',
      );
      await fails('failed', 1, 'schema with OID 99999 does not exist');
      await sql(`UPDATE pg_class SET relnamespace = 2200 WHERE relname = 'broken'; DROP TABLE broken`);
      expect(dumps()).toEqual([]);
    });

    test('because the folder cannot be made', async () => {
      scratch.write('failed_file', '');
      await fails('failed_file', 1, /failed_file.* cannot be written/);
      expect(dumps()).toEqual([]);
    });

    test('because the database is stopped', async () => {
      await scratch.compose('vm_stg', 'stop', 'db');
      await fails('failed', 69, 'service db of vm_stg is not running');
      expect(dumps()).toEqual([]);
    });
  });
});
