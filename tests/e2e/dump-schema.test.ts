import { respell } from '../../lib/schema/canonical/respell.ts';
import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { dockerOf } from '../../lib/stack/compose/engine/docker.ts';
import { engineSocket } from '../../lib/stack/compose/engine/socket.ts';
import { openEngine } from '../../lib/stack/compose/engine/engine.ts';
import { openRelay } from '../../lib/stack/compose/connection/relay.ts';
import { pgDump } from '../../lib/stack/pg-dump/pg-dump.ts';
import { asker, startMigrated } from '../helpers/database.ts';
import { docker, must, start } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('db-dump-schema-env', () => {
  const scratch = useScratch({ only: ['vm_stg'] });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  const dump = async (out: string, ...more: string[]): Promise<string> => {
    await scratch.mustTask(['db-dump-schema-env', 'ENV=vm_stg', `OUT=${out}`, ...more]);
    return scratch.read(out);
  };
  /** Which database vm_stg is about, on the same server. */
  const aimAt = (database: string): void => {
    const env = scratch.read('env/.env.vm_stg');
    scratch.write('env/.env.vm_stg', env.replace(/^POSTGRES_DB=.*$/m, `POSTGRES_DB=${database}`));
  };
  let first: string;

  beforeAll(async () => {
    await startMigrated(scratch, 'vm_stg');
    first = await dump('dumps/first.sql');
  });

  test('gives the same bytes twice, through make, to a file and to standard output', async () => {
    const { status, stdout } = await scratch.runMake('-s db-dump-schema-env ENV=vm_stg OUT=-');
    expect(status).toBe(0);
    expect(stdout).toBe(first);
    expect(await dump('dumps/new/folder/second.sql')).toBe(first);
  });

  test('leaves out what depends on client and moment, and no line of a function body', async () => {
    const body = await sql(`SELECT prosrc FROM pg_proc WHERE proname = 'export_preamble'`);
    expect(body).toContain('\\restrict not-a-token\nSET statement_timeout = 0;');
    expect(first.split(body)).toHaveLength(2);
    const outside = first.replace(body, '');
    expect(outside).not.toMatch(/^-- Dumped /m);
    expect(outside).not.toMatch(/^\\(un)?restrict/m);
    expect(outside).not.toMatch(/_timeout = /);
    // What the text needs to be read back stays.
    expect(outside).toContain(`SELECT pg_catalog.set_config('search_path', '', false);`);
    expect(outside).toContain('-- PostgreSQL database dump complete');
  });

  test('keeps the text of pg_dump with RAW=1', async () => {
    const raw = await dump('dumps/raw.sql', 'RAW=1');
    expect(raw).toMatch(/^-- Dumped from database version 17/m);
    expect(raw).toMatch(/^-- Dumped by pg_dump version 17/m);
    expect(raw).toMatch(/^SET statement_timeout = 0;$/m);
    // Nothing but whole lines is left out otherwise, and the rest is spelled as PostgreSQL would after reading it.
    const lines = new Set(respell(raw).split('\n'));
    expect(first.split('\n').filter((line) => !lines.has(line))).toEqual([]);
  });

  test('is the same whatever the time zone of the server', async () => {
    await sql(`ALTER SYSTEM SET timezone = 'America/New_York'`);
    await sql('SELECT pg_reload_conf()');
    await expect.poll(() => sql('SHOW timezone')).toBe('America/New_York');
    expect(await dump('dumps/new_york.sql')).toBe(first);
    await sql('ALTER SYSTEM RESET timezone');
    await sql('SELECT pg_reload_conf()');
  });

  test('can be restored by psql, and what was restored gives the same dump', async () => {
    const restore = async (name: string, text: string): Promise<void> => {
      await sql(`CREATE DATABASE ${name} TEMPLATE template0`);
      const id = await scratch.container('vm_stg');
      const psql = ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-U', 'app_stg', '-d', name, '-f', '-'];
      await must(['docker', 'exec', '-i', id, ...psql], { input: text });
      aimAt(name);
    };
    try {
      await restore('restored', first);
      const second = await dump('dumps/restored.sql');
      // PostgreSQL itself writes `varchar IN (…)` and nested ORs in another way once it has read its own text.
      expect(second).toBe(first);
    } finally {
      aimAt('core_stg');
    }
  });

  test('our own pg_dump gives the options of columns that the one of the server gives, and no others', async () => {
    await sql('CREATE TABLE noted (id int, b text)');
    await sql('ALTER TABLE noted ALTER b SET (n_distinct = 5)');
    const id = await scratch.container('vm_stg');
    const args = ['--schema-only', '--table=noted'];
    const theirs = await docker('exec', id, 'pg_dump', '-U', 'app_stg', '-d', 'core_stg', ...args);
    const { connection } = openRelay(openEngine(dockerOf({}), engineSocket({})), id);
    const output = new PassThrough();
    const login = { user: 'app_stg', password: '', database: 'core_stg' };
    const [{ status, stderr }, ours] = await Promise.all([
      pgDump(connection, login, args, output),
      text(output),
    ]);
    await sql('DROP TABLE noted');
    expect(status, stderr).toBe(0);
    const options = (dumped: string): string[] => dumped.match(/^ALTER TABLE .* SET \(.*$/gm) ?? [];
    expect(options(theirs)).toHaveLength(1);
    expect(options(ours)).toEqual(options(theirs));
  });

  describe('when it fails', () => {
    const OLD = '--\n-- PostgreSQL database dump\n--\n\n--\n-- PostgreSQL database dump complete\n--\n';
    const files = (): string[] => readdirSync(scratch.path('kept'));
    const fails = async (
      out: string,
      status: number,
      reason: string | RegExp,
      ...more: string[]
    ): Promise<void> => {
      scratch.write('kept/schema.sql', OLD);
      const ran = await scratch.runTask(['db-dump-schema-env', 'ENV=vm_stg', `OUT=${out}`, ...more]);
      expect(ran.stderr).toMatch(reason);
      expect(ran.stderr).not.toContain('[ok]');
      expect(ran.status, ran.stderr).toBe(status);
      expect(scratch.read('kept/schema.sql')).toBe(OLD);
      expect(files()).toEqual(['schema.sql']);
    };

    test('because the database is missing, the old file stays', async () => {
      aimAt('absent');
      try {
        await fails('kept/schema.sql', 1, 'database "absent" does not exist');
      } finally {
        aimAt('core_stg');
      }
    });

    test.each(['', 'RAW=1'])('because pg_dump gives up, the old file stays %s', async (raw) => {
      await sql(
        'CREATE TABLE broken (); UPDATE pg_class SET relnamespace = 99999 WHERE relname = $$broken$$',
      );
      try {
        await fails('kept/schema.sql', 1, 'schema with OID 99999 does not exist', ...(raw ? [raw] : []));
      } finally {
        await sql(`UPDATE pg_class SET relnamespace = 2200 WHERE relname = 'broken'; DROP TABLE broken`);
      }
    });

    test('because OUT cannot be written, it says so', async () => {
      await fails('kept/schema.sql/below.sql', 1, /kept\/schema\.sql.* cannot be written/);
      await fails('kept', 1, /kept cannot be written/);
    });

    test('because of Ctrl-C, the old file stays, and pg_dump does not go on in the container', async () => {
      scratch.write('kept/schema.sql', OLD);
      const id = await scratch.container('vm_stg');
      const psql = ['psql', '-XAtq', '-U', 'app_stg', '-d', 'core_stg', '-f', '-'];
      const holder = start(['docker', 'exec', '-i', id, ...psql], {
        input: `BEGIN; LOCK mart.items; SELECT 'held'; SELECT pg_sleep(60);`,
      });
      await holder.printed('held');
      const running = scratch.startTask('db-dump-schema-env ENV=vm_stg OUT=kept/schema.sql');
      const dumping = `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'makesafe pg_dump %'`;
      await expect.poll(() => sql(`${dumping} AND wait_event_type = 'Lock'`)).toBe('1');
      running.interrupt();
      const { status, stderr } = await running.ended;
      expect(stderr).not.toContain('[ok]');
      expect(status).toBe(130);
      expect(scratch.read('kept/schema.sql')).toBe(OLD);
      expect(files()).toEqual(['schema.sql']);
      await sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'
        AND pid <> pg_backend_pid()`);
      await holder.ended;
      await expect.poll(() => sql(dumping)).toBe('0');
      expect(await docker('exec', id, 'bash', '-c', 'grep -lsz ^pg_dump /proc/[0-9]*/cmdline || true')).toBe(
        '',
      );
    });

    test('because the database is stopped, the old file stays', async () => {
      await scratch.compose('vm_stg', 'stop', 'db');
      await fails('kept/schema.sql', 69, 'service db of vm_stg is not running');
    });
  });
});
