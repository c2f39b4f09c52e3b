import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, serverAnswers, startDatabase } from '../helpers/database.ts';
import { docker, must } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import { NASTY_PASSWORD, useScratch } from '../helpers/scratch.ts';
import { formsOf } from '../helpers/secrets.ts';
import { watchProcesses } from '../helpers/watch.ts';

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
      .once('connect', () => resolve(true))
      .once('error', () => resolve(false));
    socket.once('close', () => socket.destroy()).end();
  });

describe.skipIf(inject('noEngine') !== '')('what the shell exports', () => {
  const scratch = useScratch({ environments: { decoy: { compose: databaseOnly() } } });
  const stg = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  const decoy = asker(scratch, 'decoy', 'app', 'core');
  let other: string;
  let env: Record<string, string>;

  /** Asks the other server as vm_stg's own user, over its socket. */
  const ask = (sql: string): Promise<string> =>
    must(['docker', 'exec', other, 'psql', '-XAtq', '-U', 'app_stg', '-d', 'core_stg', '-c', sql]);

  beforeAll(async () => {
    // Where something else listens on 5432, that is not ours to test with.
    const port = (await isTaken(5432)) ? await freePort() : 5432;
    other = `${scratch.prefix}-other`;
    await docker(
      ...['run', '--detach', '--name', other, '--publish', `127.0.0.1:${port}:5432`],
      ...['--env', 'POSTGRES_USER=app_stg', '--env', 'POSTGRES_DB=core_stg'],
      ...['--env', `POSTGRES_PASSWORD=${NASTY_PASSWORD}`, 'postgres:17'],
    );
    await Promise.all([serverAnswers(other), startDatabase(scratch, 'decoy')]);
    await ask('CREATE SCHEMA mart; CREATE TABLE mart.kept AS SELECT 42 AS x');
    await decoy.sql('CREATE TABLE kept AS SELECT 42 AS x');
    const url = new URL(`postgresql://127.0.0.1:${port}/core_stg`);
    url.username = 'app_stg';
    url.password = encodeURIComponent(NASTY_PASSWORD);
    env = {
      PGHOST: '127.0.0.1',
      PGHOSTADDR: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'app_stg',
      PGPASSWORD: NASTY_PASSWORD,
      PGDATABASE: 'core_stg',
      PGSERVICE: 'elsewhere',
      PGOPTIONS: '-c search_path=mart',
      DATABASE_URL: url.href,
      POSTGRES_HOST: '127.0.0.1',
      POSTGRES_PORT: String(port),
      POSTGRES_DB: 'exported',
      POSTGRES_USER: 'exported',
      POSTGRES_PASSWORD: 'exported',
      COMPOSE_PROJECT_NAME: scratch.project('decoy'),
      COMPOSE_FILE: scratch.path('docker/decoy.json'),
      COMPOSE_ENV_FILES: scratch.path('env/.env.decoy'),
      COMPOSE_PROFILES: 'elsewhere',
      ZX_PREFIX: `touch ${join(scratch.outside, 'zx_prefix')};`,
      ZX_POSTFIX: `; touch ${join(scratch.outside, 'zx_postfix')}`,
      ZX_SHELL: '/bin/false',
    };
  });

  const untouched = async (): Promise<unknown> => ({
    other: await ask(
      `SELECT x, (SELECT string_agg(datname || oid, ' ' ORDER BY oid) FROM pg_database),
         (SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_roles),
         (SELECT count(*) FROM pg_class), (SELECT nspacl FROM pg_namespace WHERE nspname = 'mart') FROM mart.kept`,
    ),
    decoy: await decoy.sql(
      'SELECT x, (SELECT string_agg(datname || oid, chr(32) ORDER BY oid) FROM pg_database) FROM kept',
    ),
    containers: await docker(
      ...['ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.State}} {{.Image}}'],
      ...['--filter', `name=${other}`, '--filter', `name=${scratch.project('decoy')}`],
    ),
  });

  test('chooses no server, project or database for any step of the runbook', async () => {
    const before = await untouched();
    const watch = watchProcesses();
    for (const words of [
      'up ENV=vm_stg',
      'db-bootstrap-roles-env ENV=vm_stg',
      'al-up-env ENV=vm_stg',
      'al-cur-env ENV=vm_stg',
      'health ENV=vm_stg',
      'db-dump-schema-env ENV=vm_stg OUT=backups/schema.sql',
      'backup ENV=vm_stg BACKUP_DIR=backups',
    ]) {
      const ran = await scratch.mustTask(words, { env });
      // They all worked on vm_stg.
      if (words.startsWith('al-cur')) expect(ran.stderr).toContain('vm_stg is at head');
      if (words.startsWith('db-dump'))
        expect(scratch.read('backups/schema.sql')).toContain('CREATE SCHEMA stg;');
    }
    expect(await untouched()).toEqual(before);
    // Compose takes passwords from the env files, and the programs in the container need none.
    const docker = (await watch.end()).filter(({ words }) => /^\S*docker(-compose)? /.test(words));
    expect(docker.map(({ words }) => words).join('\n')).toContain('compose');
    for (const form of formsOf(NASTY_PASSWORD))
      expect(docker.filter((one) => `${one.words}\n${one.environment}`.includes(form))).toEqual([]);
  });

  test('is named by what destroys, which touches neither: 77', async () => {
    const before = await untouched();
    const { status, stderr } = await scratch.runTask('db-reset-db-env ENV=vm_stg WAIT=0', { env });
    for (const name of ['PGHOST', 'PGOPTIONS', 'DATABASE_URL', 'COMPOSE_PROJECT_NAME', 'ZX_PREFIX'])
      expect(stderr).toMatch(new RegExp(`${name}.* exported in your shell`));
    expect(stderr).not.toContain(NASTY_PASSWORD);
    expect(status).toBe(77);
    expect(await stg.sql(`SELECT to_regnamespace('mart') IS NOT NULL`)).toBe('t');
    // What they do not name as dangerous does not reach it either.
    const { PGPASSWORD, POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER, POSTGRES_PASSWORD } = env;
    const harmless = {
      PGPASSWORD,
      POSTGRES_HOST,
      POSTGRES_PORT,
      POSTGRES_DB,
      POSTGRES_USER,
      POSTGRES_PASSWORD,
    };
    await scratch.mustTask('db-reset-db-env ENV=vm_stg WAIT=0', { env: harmless as Record<string, string> });
    expect(await stg.sql(`SELECT current_database(), to_regnamespace('mart') IS NULL`)).toBe('core_stg|t');
    expect(await untouched()).toEqual(before);
    expect(existsSync(join(scratch.outside, 'zx_prefix'))).toBe(false);
    expect(existsSync(join(scratch.outside, 'zx_postfix'))).toBe(false);
  });
});
