import { readdirSync, statSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

describe.skipIf(inject('noEngine') !== '')('DRY_RUN=1', () => {
  const scratch = useScratch();
  const stg = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');

  beforeAll(async () => {
    await scratch.mustTask('up ENV=vm_stg');
    await stg.sql('CREATE TABLE kept AS SELECT 42 AS x');
    // local_dev gets its secrets file on first use, which is a change.
    scratch.write('secrets/.env.local_dev.secrets', 'POSTGRES_PASSWORD=of-local_dev\n', 0o600);
  });

  /** Containers, volumes, images, databases, roles, and every file of the project with its time. */
  const state = async (): Promise<unknown> => {
    const ids = (await docker('ps', '-aq', '--filter', `name=${scratch.prefix}`)).split('\n').sort();
    const files = readdirSync(scratch.root, { recursive: true, encoding: 'utf8' });
    return {
      containers: await docker('inspect', '--format', '{{.Id}} {{.State.StartedAt}}', ...ids),
      volumes: await docker('volume', 'ls', '--quiet', '--filter', `name=${scratch.prefix}`),
      images: await docker(
        'image',
        'ls',
        '--no-trunc',
        '--filter',
        `reference=${scratch.prefix}*`,
        '--quiet',
      ),
      databases: await stg.sql(
        `SELECT x, (SELECT jsonb_agg(to_jsonb(d) - 'datfrozenxid' - 'datminmxid' ORDER BY oid) FROM pg_database d),
           (SELECT string_agg(rolname, ' ' ORDER BY oid) FROM pg_roles), (SELECT count(*) FROM pg_class) FROM kept`,
      ),
      files: files
        .filter((file) => !file.startsWith('node_modules'))
        .map((file) => `${file} ${statSync(scratch.path(file)).mtimeMs}`),
    };
  };

  const project = (name: string): string => scratch.project(name);
  const compose = (name: string, file: string): string =>
    `docker compose --env-file env/.env.common --env-file env/.env.${name} ` +
    `--env-file secrets/.env.${name}.secrets -p ${project(name)} -f docker/docker-compose.${file}.yml`;

  test('prints the exact plan of every task that changes or destroys something, and touches nothing', async () => {
    const stgCompose = compose('vm_stg', 'stg');
    const plans: Record<string, string[]> = {
      'up ENV=vm_stg': [`${stgCompose} up -d`],
      'up ENV=local_dev': [`${compose('local_dev', 'dev')} up -d --build`],
      'down ENV=vm_stg': [`${stgCompose} down --remove-orphans`],
      'restart ENV=vm_stg': [`${stgCompose} restart`],
      'rebuild ENV=vm_stg NO_CACHE=1 PULL=1 PROGRESS=plain': [
        `${stgCompose} --progress plain build --pull --no-cache`,
        `${stgCompose} up -d`,
      ],
      'db-reset-volume-env ENV=vm_stg': [
        `docker stop ${await scratch.container('vm_stg', 'core_api')}`,
        `docker stop ${await scratch.container('vm_stg')}`,
        'docker rm ',
        'docker network rm ',
        `docker volume rm ${project('vm_stg')}_`,
      ],
      'db-reset-db-env ENV=vm_stg': [
        'CREATE DATABASE "core_stg__new" TEMPLATE template0 OWNER "app_stg" ENCODING \'UTF8\'',
        'ALTER DATABASE "core_stg" ALLOW_CONNECTIONS false;',
        'pg_terminate_backend',
        'BEGIN; ALTER DATABASE "core_stg" RENAME TO "core_stg__old"; ALTER DATABASE "core_stg__new" RENAME TO "core_stg";',
        'COMMIT;',
        'DROP DATABASE "core_stg__old" WITH (FORCE);',
      ],
      'db-bootstrap-roles-env ENV=vm_stg': ['psql', '-d core_stg', 'scripts/db/bootstrap_roles.sql'],
      'db-dump-schema-env ENV=vm_stg OUT=backups/x.sql': [
        'pg_dump --schema-only --no-owner --no-acl',
        'core_stg',
        'backups/x.sql',
      ],
      'backup ENV=vm_stg': ['pg_dump --format=custom', 'core_stg', 'backups/vm_stg_core_stg_'],
      'al-up-env ENV=vm_stg REV=+1': ['scripts/db/bootstrap_roles.sql', 'alembic upgrade +1'],
      'al-down-env ENV=vm_stg': ['alembic downgrade -1'],
      'al-stamp-env ENV=vm_stg REV=head': ['alembic stamp head'],
      'al-up': ['alembic upgrade head'],
      'al-down': ['alembic downgrade -1'],
      'al-stamp REV=base': ['alembic stamp base'],
      'al-rev MSG=more REV_ID=r1': ['alembic revision', 'more', 'r1'],
      'al-rev-auto MSG=more REV_ID=r1': [
        'alembic revision --message=more --rev-id=r1 --autogenerate',
        'more',
        'r1',
      ],
    };
    const before = await state();
    // They touch nothing, so they do not touch each other.
    const runs = Object.entries(plans).map(async ([words, parts]) => {
      const { status, stdout, stderr } = await scratch.runTask(`${words} DRY_RUN=1`);
      expect.soft({ words, status, stderr }).toMatchObject({ status: 0 });
      for (const part of parts) expect.soft(stdout, words).toContain(part);
      expect.soft(stderr, words).not.toContain('[ok]');
      expect.soft(stdout, words).not.toContain('POSTGRES_PASSWORD');
    });
    await Promise.all(runs);
    expect(await state()).toEqual(before);
  });

  test('counts from the shell as well, through make, and does not wait', async () => {
    const before = await state();
    const { status, stdout, stderr } = await scratch.runMake('db-reset-volume-env ENV=vm_stg', {
      env: { DRY_RUN: '1' },
    });
    expect(stdout).toContain('docker volume rm ');
    expect(stderr).toContain('dry run: nothing is touched (it would wait 5 s)');
    expect(status).toBe(0);
    expect(stderr).not.toContain('Starting in');
    expect(await state()).toEqual(before);
  });

  test('shows the emptying of a bind mount', async () => {
    const { status, stdout } = await scratch.runTask('db-reset-volume-env ENV=local_dev --dry-run');
    expect(stdout).toContain(`"Source":"${scratch.path('data/postgres_v17')}"`);
    expect(stdout).toContain('-delete');
    expect(status).toBe(0);
  });
});
