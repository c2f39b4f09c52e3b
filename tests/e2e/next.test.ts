import { createServer } from 'node:net';
import { rmSync } from 'node:fs';
import { describe, expect, inject, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker } from '../helpers/database.ts';
import { chosenStates, followNext, type ByHand } from '../helpers/next-lines.ts';
import { revisionsIn } from '../helpers/revisions.ts';
import { docker } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import { useScratch } from '../helpers/scratch.ts';

const ENV = 'ENV=vm_stg';
const HEAD = '20251211_140000000';
const SECRETS = 'secrets/.env.vm_stg.secrets';

const NAMES = [
  'a stack that is down',
  'containers that were stopped one by one',
  'a migration that fails, in an image',
  'several heads, in an image',
  'no database',
  "another environment's mark",
  'a password that is not the one of the data',
  'an env file that changed',
  'a port that is taken',
  'a protected environment',
  'data that would not survive',
  'a volume that compose does not make',
  'no secrets file',
  'a container of that name',
];

const ASKING = 'al-up-env al-cur-env backup health check db-bootstrap-roles-env db-dump-schema-env'.split(
  ' ',
);
const RESETS = ['db-reset-db-env', 'db-rebuild-env METHOD=db', 'db-rebuild-env', 'db-reset-volume-env'];

/**
 * Each [next] line of a compose stack, typed, until the command that was wanted ends well. One state in CI, another with
 * each commit; all: `NEXT=all npx vitest run --project e2e tests/e2e/next.test.ts`.
 */
describe.skipIf(inject('noEngine') !== '')('the [next] lines of', () => {
  const scratch = useScratch({
    only: ['vm_stg', 'vm_prod'],
    environments: {
      port: {
        compose: databaseOnly({
          db: { ports: ['127.0.0.1:${DB_PORT}:5432'], volumes: ['data:/var/lib/postgresql/data'] },
          volumes: { data: {} },
        }),
      },
      layer: { compose: databaseOnly({ db: { environment: { PGDATA: '/data' } } }) },
      external: {
        compose: databaseOnly({
          db: { volumes: ['data:/var/lib/postgresql/data'] },
          volumes: { data: { external: true, name: '${VOLUME}' } },
        }),
      },
      named: {
        compose: databaseOnly({
          db: { container_name: '${NAME}', volumes: ['data:/var/lib/postgresql/data'] },
          volumes: { data: {} },
        }),
      },
    },
  });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  let secrets: string | undefined;

  /** A stack that runs, with a migrated database. */
  async function fresh(): Promise<void> {
    if (secrets !== undefined) {
      scratch.write(SECRETS, secrets, 0o600);
      await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    }
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    secrets ??= scratch.read(SECRETS);
  }

  const follow = (first: string, byHand: ByHand = [], more: { choose?: number; endsAt?: RegExp } = {}) =>
    followNext((words) => scratch.runTask(words), first, { byHand, ...more });
  const { revision, away } = revisionsIn(scratch);
  const set = (environment: string, name: string, value: string | number): void => {
    const file = `env/.env.${environment}`;
    scratch.write(file, `${scratch.read(file)}${name}=${value}\n`);
  };

  const scenarios: Readonly<Record<string, () => Promise<void>>> = {
    'a stack that is down': async () => {
      for (const task of [...ASKING, ...RESETS, 'logs', 'ps', 'restart']) {
        await scratch.mustTask(`down ${ENV}`);
        await follow(`${task} ${ENV}`);
      }
    },

    'containers that were stopped one by one': async () => {
      for (const service of ['core_api', 'db'])
        for (const task of [...ASKING, 'db-rebuild-env METHOD=db']) {
          await scratch.mustTask(`up ${ENV}`);
          await docker('stop', '--time', '0', await scratch.container('vm_stg', service));
          await follow(`${task} ${ENV}`);
        }
    },

    'a migration that fails, in an image': async () => {
      for (const task of ['al-up-env', 'db-rebuild-env', 'db-rebuild-env METHOD=db']) {
        revision('0001_new', HEAD, 'op.execute("SELECT nowhere")');
        await scratch.mustTask(`up ${ENV}`);
        await follow(`${task} ${ENV}`, [
          [/correct it/, () => revision('0001_new', HEAD, 'op.execute("SELECT 1")')],
        ]);
        away('0001_new');
        await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
      }
    },

    'several heads, in an image': async () => {
      revision('0001_new', HEAD, 'pass');
      revision('0002_a', '0001_new', 'pass');
      revision('0002_b', '0001_new', 'pass');
      await scratch.mustTask(`up ${ENV}`);
      await follow(`al-up-env ${ENV}`, [
        [/one follow the other/, () => revision('0002_b', '0002_a', 'pass')],
      ]);
      away('0001_new', '0002_a', '0002_b');
    },

    'no database': async () => {
      for (const task of [...ASKING, 'db-reset-db-env', 'db-rebuild-env METHOD=db']) {
        await sql('DROP DATABASE IF EXISTS core_stg WITH (FORCE)', 'postgres');
        await follow(`${task} ${ENV}`);
      }
    },

    "another environment's mark": async () => {
      for (const task of ['db-reset-db-env', 'al-up-env', 'up', 'check', 'db-rebuild-env']) {
        await sql(`COMMENT ON DATABASE core_stg IS 'makesafe.environment=vm_prod'`);
        await follow(`${task} ${ENV}`);
      }
    },

    'a password that is not the one of the data': async () => {
      for (const task of ['up', 'al-up-env', 'backup', 'health', 'check', 'db-reset-db-env']) {
        scratch.write(SECRETS, 'POSTGRES_PASSWORD=another\n', 0o600);
        await follow(`${task} ${ENV}`, [
          [/put the old one back/, () => scratch.write(SECRETS, secrets!, 0o600)],
        ]);
        scratch.write(SECRETS, secrets!, 0o600);
        await scratch.mustTask(`up ${ENV}`);
      }
      scratch.write(SECRETS, 'POSTGRES_PASSWORD=another\n', 0o600);
      await follow(`up ${ENV}`, [], { choose: 2 });
      scratch.write(SECRETS, secrets!, 0o600);
    },

    'an env file that changed': async () => {
      for (const [index, task] of [...ASKING, 'db-reset-db-env', 'db-rebuild-env'].entries()) {
        set('vm_stg', 'TZ', index % 2 === 0 ? 'Asia/Tokyo' : 'UTC');
        await follow(`${task} ${ENV}`);
      }
    },

    'a port that is taken': async () => {
      const port = await freePort();
      set('port', 'DB_PORT', port);
      const taken = createServer();
      await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
      const free: ByHand = [[/end what has it/, () => new Promise((resolve) => taken.close(resolve))]];
      await follow('up ENV=port', free);
    },

    'a protected environment': async () => {
      await scratch.mustTask('up ENV=vm_prod');
      await scratch.mustTask('al-up-env ENV=vm_prod');
      for (const task of [...RESETS, 'al-down-env REV=-1', 'down', 'restart'])
        await follow(`${task} ENV=vm_prod`);
      await docker('rm', '--force', await scratch.container('vm_prod', 'core_api'));
      await follow('check ENV=vm_prod');
      await follow('al-up-env ENV=vm_prod');
    },

    'data that would not survive': async () => {
      await scratch.mustTask('up ENV=layer');
      await follow('down ENV=layer', [[/mount|volume/, () => undefined]], { endsAt: /stopped/ });
      await follow('restart ENV=layer');
      await follow('backup ENV=layer');
    },

    'a volume that compose does not make': async () => {
      set('external', 'VOLUME', `${scratch.prefix}-outside`);
      await follow('up ENV=external');
      await follow('db-reset-volume-env ENV=external', [], { endsAt: /external/ });
      await scratch.mustTask('down ENV=external');
    },

    'no secrets file': async () => {
      for (const task of ['up', 'check', 'backup', 'al-up-env', 'db-rebuild-env']) {
        rmSync(scratch.path(SECRETS));
        await follow(`${task} ${ENV}`, [
          [/\.env\.vm_stg\.secrets/, () => scratch.write(SECRETS, secrets!, 0o600)],
        ]);
      }
    },

    'a container of that name': async () => {
      const name = `${scratch.prefix}-taken`;
      set('named', 'NAME', name);
      await docker('create', '--name', name, 'postgres:17');
      await follow('up ENV=named');
      await docker('rm', '--force', `${name}-old`);
      expect(await docker('ps', '--quiet', '--filter', `name=${name}`)).not.toBe('');
    },
  };

  test.each(chosenStates(NAMES))('%s', { timeout: 900_000 }, async (name) => {
    await fresh();
    await scenarios[name]!();
  });
});
