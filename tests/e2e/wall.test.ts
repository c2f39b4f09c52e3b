import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { must, run, succeeded, type Ran } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';
import { SecondEngine, noSecondEngine } from '../helpers/second-engine.ts';

/** Milliseconds: each destroyer is followed by a start of the stack. */
const PATIENCE = 600_000;

const DATA = '/var/lib/postgresql/data';
const compose = databaseOnly({
  db: { volumes: [`data:${DATA}`, 'uploads:/uploads'] },
  volumes: { data: {}, uploads: {} },
});

/**
 * What people and assistants have typed, by the engine's side. $COMPOSE is the command with its files, $P the project. With
 * DESTROYERS=all each is tried; else a few of each kind.
 */
const OF_ENGINE = [
  '$COMPOSE down -v',
  '$COMPOSE down --volumes --remove-orphans --rmi local',
  '$COMPOSE down -v -t 0; docker volume prune -f',
  '$COMPOSE rm -fsv',
  'docker volume rm -f ${P}_data ${P}_uploads',
  '$COMPOSE down; docker volume rm $(docker volume ls -q)',
  '$COMPOSE down; docker system prune -a --volumes -f',
  '$COMPOSE down && docker container prune -f && docker volume prune -f',
  '$COMPOSE kill; $COMPOSE rm -fv',
  'docker rm -f -v $(docker ps -aq --filter label=com.docker.compose.project=$P)',
  'docker rm -f ${P}-db-1; docker volume prune -f --filter label=com.docker.compose.project=$P',
  '$COMPOSE stop; docker system prune --volumes -f',
  '$COMPOSE up -d --force-recreate -V db',
  'docker volume ls -q | xargs docker volume rm',
  '$COMPOSE down -v; $COMPOSE up -d',
];
const FEW = [0, 4, 6, 9];

/** The same by the server's side, typed in the container or on the way into it. */
const PSQL = 'docker exec -i ${P}-db-1 psql -U app -v ON_ERROR_STOP=0';
const OF_SERVER = [
  'docker exec ${P}-db-1 dropdb -U app --if-exists --force core',
  'docker exec ${P}-db-1 dropdb -U app core',
  `${PSQL} postgres -c 'DROP DATABASE core WITH (FORCE)' -c 'CREATE DATABASE core'`,
  `${PSQL} core -c 'DROP SCHEMA public CASCADE' -c 'CREATE SCHEMA public'`,
  `${PSQL} core -c 'DROP SCHEMA IF EXISTS shop CASCADE'`,
  `${PSQL} core -c 'TRUNCATE orders, shop.items CASCADE'`,
  `${PSQL} core -c 'DELETE FROM orders'`,
  `${PSQL} core -c 'ALTER TABLE orders DROP COLUMN note'`,
  `${PSQL} core -c 'DROP OWNED BY app CASCADE'`,
  // What an ORM's drop_all sends: all in one transaction, children first.
  `${PSQL} core -c 'BEGIN; DROP TABLE shop.items; DROP TABLE orders; COMMIT'`,
  // alembic downgrade base, as --sql prints it.
  `printf 'BEGIN;\\nDROP TABLE shop.items;\\nDROP SCHEMA shop;\\nDROP TABLE orders;\\nDELETE FROM alembic_version;\\nCOMMIT;\\n' | ${PSQL} core`,
  // A dump of some other database of the same shape, without rows.
  `docker exec \${P}-db-1 pg_dump -U app --clean --if-exists --schema-only core | ${PSQL} core`,
  `docker exec \${P}-db-1 pg_dump -U app --clean --create --schema-only core | ${PSQL} postgres`,
  'docker exec ${P}-db-1 sh -c "pg_dump -U app -Fc --schema-only core | pg_restore -U app --clean --if-exists -d core"',
  'docker exec ${P}-db-1 sh -c "pg_dump -U app -Fc --schema-only core | pg_restore -U app --clean --create -d postgres"',
  `${PSQL} postgres -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'core'" -c 'DROP DATABASE core'`,
  `${PSQL} core -c "DO \\$\\$ DECLARE t text; BEGIN FOR t IN SELECT oid::regclass FROM pg_class WHERE relkind = 'r' AND oid > 16384 LOOP EXECUTE 'DROP TABLE ' || t || ' CASCADE'; END LOOP; END \\$\\$"`,
];

const ROWS = 'SELECT (SELECT count(note) FROM orders) + (SELECT count(*) FROM shop.items)';

describe.skipIf(inject('noEngine') !== '' || noSecondEngine !== '')(
  'a walled stack',
  { timeout: PATIENCE },
  () => {
    const scratch = useScratch({
      only: [],
      environments: {
        prod: { compose, entry: { protected: true, engine: { context: 'walled' } } },
      },
    });
    let engine: SecondEngine;
    let env: Record<string, string>;

    const task = (words: string): Promise<Ran> => scratch.runTask(words, { env });
    const type = (line: string): Promise<Ran> => run(['bash', '-c', line], { cwd: scratch.root, env });
    const psql = async (statement: string): Promise<string> => {
      const { stdout, status } = await type(
        `docker exec \${P}-db-1 psql -XAtq -U app -d core -c ${JSON.stringify(statement)}`,
      );
      return status === 0 ? stdout.trim() : 'no answer';
    };
    /** Whatever is left of the stack is started again, as a person would. */
    const rows = async (): Promise<string> => {
      for (const deadline = performance.now() + 120_000; ; await sleep(300)) {
        await type('$COMPOSE up -d --wait 2>&1');
        const found = await psql(ROWS);
        if (found !== 'no answer' || performance.now() > deadline) return found;
      }
    };

    beforeAll(async () => {
      engine = new SecondEngine('walled', join(scratch.outside, 'engine'));
      await engine.start();
      await engine.load('postgres:17');
      const files = ['env/.env.common', 'env/.env.prod', 'secrets/.env.prod.secrets'].map(
        (file) => `--env-file ${file}`,
      );
      env = {
        DOCKER_CONFIG: scratch.dockerConfig(engine.endpoint, 'walled'),
        DOCKER_HOST: '',
        P: scratch.project('prod'),
        COMPOSE: `docker compose ${files.join(' ')} -p ${scratch.project('prod')} -f docker/prod.json`,
      };
      succeeded(await task('up ENV=prod'));
      await must(['bash', '-c', `${PSQL.replace('=0', '=1')} core`], {
        ...{ cwd: scratch.root, env },
        input: `CREATE SCHEMA shop; CREATE TABLE alembic_version (version_num text);
        CREATE TABLE orders AS SELECT g AS id, 'note ' || g AS note FROM generate_series(1, 500) g;
        CREATE TABLE shop.items AS SELECT generate_series(1, 500) AS id;`,
      });
    }, PATIENCE);
    afterAll(() => engine.stop(), PATIENCE);

    test('health says what is held', async () => {
      const { stdout } = succeeded(await task('health ENV=prod'));
      expect(stdout).toMatch(
        /wall +holds database core, its schemas, 3 tables, volume \S+_data, volume \S+_uploads/,
      );
    });

    const few = process.env['DESTROYERS'] !== 'all';
    test.each(few ? FEW.map((index) => OF_ENGINE[index]!) : OF_ENGINE)(
      'no row is lost by %s',
      async (line) => {
        await type(line);
        expect(await rows()).toBe('1000');
      },
    );

    test.each(OF_SERVER)('no row is lost by %s', async (line) => {
      await type(line);
      expect(await psql(ROWS)).toBe('1000');
    });

    test('an engine that was killed has it again', async () => {
      await engine.restart();
      await type('$COMPOSE down -v');
      expect(await rows()).toBe('1000');
    });

    test('our own reset of the database keeps the wall, and that of the volume leaves nothing of it', async () => {
      succeeded(await task('up ENV=prod'));
      succeeded(await task('db-reset-db-env ENV=prod FORCE=1'));
      expect(await psql('CREATE TABLE t (a int); TRUNCATE t')).toBe('no answer');
      const { stderr } = succeeded(await task('db-reset-volume-env ENV=prod FORCE=1'));
      expect(stderr).toContain('[ok]');
      const left = ['ps -aq', 'volume ls -q'].map((list) => type(`docker ${list}`));
      expect((await Promise.all(left)).map(({ stdout }) => stdout)).toEqual(['', '']);
    });
  },
);
