import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { asker } from '../helpers/database.ts';
import { docker, type Ran } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import { useScratch } from '../helpers/scratch.ts';

/** What a person types next. `up` first: some of what was broken by then was only in the running containers. */
const NEXT = [
  'up',
  'al-up-env',
  'al-cur-env',
  'backup',
  'db-dump-schema-env OUT=-',
  'db-reset-db-env WAIT=0',
];

/**
 * What is broken, and what makes it whole again. `check` says so with a line to type, or all that is typed next works:
 * two in CI, others with each commit; all: `CHECKS=all npx vitest run --project e2e tests/e2e/check.test.ts`.
 */
interface Broken {
  readonly broken: () => unknown;
  readonly mended?: () => unknown;
  /** Has to be said; what is in nobody's way may be green. */
  readonly red?: false;
}

describe.skipIf(inject('noEngine') !== '')('check', () => {
  const scratch = useScratch({ only: ['vm_stg'] });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  const asRoot = (statement: string): Promise<string> => sql(statement, 'postgres');

  const FILES = {
    compose: 'docker/docker-compose.stg.yml',
    env: 'env/.env.vm_stg',
    secrets: 'secrets/.env.vm_stg.secrets',
    registry: 'env/environments.ts',
    ini: 'app/backend/core_api/migrations/alembic.ini',
    py: 'app/backend/core_api/migrations/alembic/env.py',
    requirements: 'app/backend/core_api/requirements.txt',
    first: 'app/backend/core_api/migrations/alembic/versions/20250401_090000000_create_schemas.py',
  };
  const whole = new Map<string, string>();
  const edit = (name: keyof typeof FILES, change: (text: string) => string): void => {
    const text = scratch.read(FILES[name]);
    if (!whole.has(FILES[name])) whole.set(FILES[name], text);
    const changed = change(text);
    expect(changed, FILES[name]).not.toBe(text);
    scratch.write(FILES[name], changed, 0o600);
  };
  /** As a deployment has it: what is in the image is changed as well. */
  const deployed = async (name: keyof typeof FILES, change: (text: string) => string): Promise<void> => {
    edit(name, change);
    await scratch.compose('vm_stg', 'up', '-d', '--build', 'core_api');
  };
  const stop = async (service: string): Promise<unknown> =>
    docker('stop', '--time', '0', await scratch.container('vm_stg', service));
  let listener: ReturnType<typeof createServer> | undefined;
  afterAll(() => listener?.close());

  const CASES: Readonly<Record<string, Broken>> = {
    nothing: { broken: () => undefined, red: false },
    'no ini in the application': { broken: () => deployed('ini', () => '[nothing]\n') },
    'env.py that does not parse': { broken: () => deployed('py', (text) => `${text}\nif\n`) },
    'env.py that imports what is not there': {
      broken: () => deployed('py', (text) => `import not_there\n${text}`),
    },
    'env.py that goes to another database': {
      broken: () => deployed('py', (text) => text.replaceAll('POSTGRES_DB', 'OTHER_DB')),
    },
    'a revision that does not parse': { broken: () => deployed('first', (text) => `${text}\nif\n`) },
    'a revision without its predecessor': {
      broken: () => deployed('first', (text) => text.replace(/down_revision.*/, 'down_revision = "nowhere"')),
    },
    'another service for the migrations': {
      broken: () =>
        edit('registry', (text) =>
          text.replace('"composeFile"', '"names": { "application": { "service": "none" } }, "composeFile"'),
        ),
    },
    'a name of the database that is another': {
      broken: () => edit('env', (text) => `${text}\nPOSTGRES_DB=other\n`),
    },
    'a role that is another': { broken: () => edit('env', (text) => `${text}\nPOSTGRES_USER=other\n`) },
    'a password that is another': { broken: () => edit('secrets', () => 'POSTGRES_PASSWORD=other\n') },
    'a variable that is missing': {
      broken: () => edit('env', (text) => text.replaceAll(/^HTTP_PORT.*$/gm, '')),
    },
    'a compose file that is no YAML': { broken: () => edit('compose', (text) => `${text}\n  - [\n`) },
    'a network that is not there': {
      broken: () =>
        edit(
          'compose',
          (text) => `${text}\nnetworks: { default: { external: true, name: ${scratch.prefix}-none } }\n`,
        ),
    },
    'a secret whose file is not there': {
      broken: () =>
        edit('compose', (text) =>
          text
            .replace('    init: true\n', '    init: true\n    secrets: [token]\n')
            .concat('\nsecrets: { token: { file: ./none.txt } }\n'),
        ),
    },
    'an env_file that is not there': {
      broken: () =>
        edit('compose', (text) =>
          text.replace('    init: true\n', '    init: true\n    env_file: [./none.env]\n'),
        ),
    },
    'a folder to build from that is not there': {
      broken: () => edit('compose', (text) => text.replace('core_api\n    init', 'none\n    init')),
    },
    'an image that is not there': {
      broken: () => edit('compose', (text) => text.replace('postgres:17', 'postgres-none:17')),
    },
    'a mount from a file that is not there': {
      broken: () =>
        edit('compose', (text) =>
          text.replace(
            '    init: true\n',
            '    init: true\n    volumes: [{ type: bind, source: ./none, target: /x, bind: { create_host_path: false } }]\n',
          ),
        ),
    },
    'a port that is taken': {
      async broken() {
        const port = await freePort();
        listener = createServer().listen(port, '0.0.0.0');
        edit('env', (text) => `${text}\nHTTP_PORT=${port}\n`);
      },
      mended: () => listener?.close(),
    },
    'the application stopped': { broken: () => stop('core_api'), red: false },
    'the database stopped': { broken: () => stop('db') },
    'no database': { broken: () => asRoot('DROP DATABASE core_stg WITH (FORCE)') },
    'a database that lets nobody in': {
      broken: () => asRoot('ALTER DATABASE core_stg ALLOW_CONNECTIONS false'),
      mended: () => asRoot('ALTER DATABASE core_stg ALLOW_CONNECTIONS true'),
    },
    'a database that is read only': {
      broken: () => asRoot('ALTER DATABASE core_stg SET default_transaction_read_only = on'),
      mended: () => asRoot('SET default_transaction_read_only = off; ALTER DATABASE core_stg RESET ALL'),
    },
    'a server that is read only': {
      broken: () => asRoot('ALTER SYSTEM SET default_transaction_read_only = on; SELECT pg_reload_conf()'),
      mended: () =>
        sql(
          'SET default_transaction_read_only = off; ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()',
          'postgres',
        ),
    },
    'a revision in the database that is in no file': {
      broken: () => sql(`UPDATE alembic_version SET version_num = 'nowhere'`),
      mended: () => sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public'),
    },
    "another environment's mark": {
      broken: () => asRoot(`COMMENT ON DATABASE core_stg IS 'makesafe.environment=vm_prod'`),
      mended: () => asRoot('COMMENT ON DATABASE core_stg IS NULL'),
    },
    'a subscription': {
      broken: () =>
        sql(`CREATE SUBSCRIPTION away CONNECTION 'host=192.0.2.1' PUBLICATION p WITH (connect = false)`),
      mended: () => sql('ALTER SUBSCRIPTION away SET (slot_name = NONE); DROP SUBSCRIPTION away'),
    },
    'a folder of backups that is a file': {
      broken: () => {
        rmSync(scratch.path('backups'), { recursive: true, force: true });
        scratch.write('backups', '');
      },
      mended: () => rmSync(scratch.path('backups')),
    },
    'a journal that is a folder': {
      broken: () => {
        rmSync(scratch.path('journal'), { recursive: true });
        mkdirSync(scratch.path('journal/vm_stg.jsonl'), { recursive: true });
      },
      mended: () => rmSync(scratch.path('journal'), { recursive: true, force: true }),
    },
  };

  const names = Object.keys(CASES);
  const { CHECKS } = process.env;
  const chosen =
    CHECKS === 'all'
      ? names
      : CHECKS === undefined
        ? sampleOf(names, 2)
        : names.filter((name) => name.includes(CHECKS));

  async function fresh(): Promise<void> {
    for (const [file, text] of whole) scratch.write(file, text, 0o600);
    await scratch.mustTask('rebuild ENV=vm_stg');
    await scratch.mustTask('db-rebuild-env ENV=vm_stg WAIT=0');
  }

  test.each(chosen)('%s', { timeout: 600_000 }, async (name) => {
    await fresh();
    const { broken, mended, red } = CASES[name]!;
    await broken();
    try {
      const looked: Ran = await scratch.runTask('check ENV=vm_stg');
      const said = looked.stdout + looked.stderr;
      const bad = looked.stdout.split('\n').filter((line) => /^[✗!]/.test(line)).length;
      if (looked.status !== 0 || bad > 0) {
        // Whatever is wrong has its line.
        const lines = looked.stdout.split('\n').filter((line) => /^ +→ /.test(line)).length;
        expect(lines, said).toBeGreaterThanOrEqual(bad);
        expect(looked.stderr, said).not.toMatch(/a fault of makesafe|Error:/);
        return;
      }
      expect(red, `nothing is said of it:\n${said}`).toBe(false);
      for (const words of NEXT) {
        const { status, stderr } = await scratch.runTask(`${words} ENV=vm_stg`);
        expect(status, `green, and then ${words}: ${stderr}\n${said}`).toBe(0);
      }
    } finally {
      await mended?.();
    }
  });
});
