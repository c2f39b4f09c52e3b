import { readdirSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { connect, useEmbedded } from '../helpers/embedded.ts';
import { chosenStates, followNext, type ByHand } from '../helpers/next-lines.ts';
import { revisionsIn } from '../helpers/revisions.ts';

const ENV = 'ENV=local_demo';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const HEAD = '20251211_140000000';
const SECRETS = 'secrets/.env.local_demo.secrets';

const NAMES = [
  'a server that is not running',
  'a migration that fails',
  'several heads',
  'revisions that are not there',
  "another environment's mark",
  'no database',
  'a password that is not the one of the data',
];
describe('the [next] lines of', () => {
  const scratch = useEmbedded({ environments: { other: { entry: { stack: 'embedded', local: true } } } });
  let password: string | undefined;

  /** A migrated database, and the revisions of the sample. */
  async function fresh(): Promise<void> {
    if (password !== undefined) {
      scratch.write(SECRETS, password, 0o600);
      for (const file of readdirSync(scratch.path(VERSIONS)))
        if (file.startsWith('000')) rmSync(scratch.path(VERSIONS, file));
      await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    }
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    password ??= scratch.read(SECRETS);
  }

  const sql = async (text: string, database = 'core_demo'): Promise<void> => {
    const client = await connect(scratch, { database });
    await client.query(text);
    await client.end();
  };
  const { revision, away } = revisionsIn(scratch);

  const follow = (first: string, byHand: ByHand = [], choose = 0): Promise<string[]> =>
    followNext((words) => scratch.runTask(words), first, { byHand, choose });

  const scenarios: Readonly<Record<string, () => Promise<void>>> = {
    'a server that is not running': async () => {
      for (const task of [
        'al-up-env',
        'al-cur-env',
        'backup',
        'db-reset-db-env',
        'health',
        'db-bootstrap-roles-env',
        'db-dump-schema-env',
      ]) {
        await scratch.mustTask(`down ${ENV}`);
        await follow(`${task} ${ENV}`);
      }
    },

    'a migration that fails': async () => {
      revision('0001_new', HEAD, 'op.execute("SELECT nowhere")');
      const mend: ByHand = [[/correct it/, () => revision('0001_new', HEAD, 'op.execute("SELECT 1")')]];
      expect(await follow(`al-up-env ${ENV}`, mend)).toEqual([`al-up-env ${ENV}`, `al-up-env ${ENV}`]);
      revision('0001_new', HEAD, 'op.execute("SELECT nowhere")');
      await follow(`db-rebuild-env ${ENV} METHOD=db`, [
        [/correct it/, () => revision('0001_new', HEAD, 'op.execute("SELECT 1")')],
      ]);
    },

    'several heads': async () => {
      revision('0001_new', HEAD, 'pass');
      revision('0002_a', '0001_new', 'pass');
      revision('0002_b', '0001_new', 'pass');
      await follow(`al-up-env ${ENV}`, [
        [/one follow the other/, () => revision('0002_b', '0002_a', 'pass')],
      ]);
      await follow(`al-cur-env ${ENV}`);
    },

    'revisions that are not there': async () => {
      revision('0001_new', HEAD, 'pass');
      revision('0002_b', '0001_new', 'pass');
      await scratch.mustTask(`al-up-env ${ENV}`);
      // Which one is meant, only a person knows.
      await followNext((words) => scratch.runTask(words), `al-up-env ${ENV} REV=nowhere`, {
        endsAt: /al-hist-env.* lists all revisions/,
      });
      const text = scratch.read(`${VERSIONS}/0002_b.py`);
      away('0002_b');
      const bring: ByHand = [
        [/get the code|get the file/, () => scratch.write(`${VERSIONS}/0002_b.py`, text)],
      ];
      await follow(`al-up-env ${ENV}`, bring);
      const first = scratch.read(`${VERSIONS}/0001_new.py`);
      away('0001_new');
      await follow(`al-up-env ${ENV}`, [
        [/get the code|get the file/, () => scratch.write(`${VERSIONS}/0001_new.py`, first)],
      ]);
    },

    "another environment's mark": async () => {
      await sql(`COMMENT ON DATABASE core_demo IS 'makesafe.environment=other'`);
      await follow(`db-reset-db-env ${ENV}`);
      await follow(`al-up-env ${ENV}`);
      await sql(`COMMENT ON DATABASE core_demo IS 'makesafe.environment=other'`);
      await follow(`al-up-env ${ENV}`);
      await sql(`COMMENT ON DATABASE core_demo IS 'makesafe.environment=other'`);
      await follow(`up ${ENV}`);
    },

    'no database': async () => {
      for (const task of [
        'al-up-env',
        'al-cur-env',
        'backup',
        'db-reset-db-env',
        'health',
        'check',
        'db-dump-schema-env',
      ]) {
        await sql('DROP DATABASE IF EXISTS core_demo WITH (FORCE)', 'postgres');
        await follow(`${task} ${ENV}`);
      }
    },

    'a password that is not the one of the data': async () => {
      for (const task of ['up', 'al-up-env', 'backup', 'health', 'check', 'db-reset-db-env']) {
        scratch.write(SECRETS, 'POSTGRES_PASSWORD=another\n', 0o600);
        await follow(`${task} ${ENV}`, [
          [/put the old one back/, () => scratch.write(SECRETS, password!, 0o600)],
        ]);
        scratch.write(SECRETS, password!, 0o600);
      }
      scratch.write(SECRETS, 'POSTGRES_PASSWORD=another\n', 0o600);
      await follow(`up ${ENV}`, [], 1);
      password = 'POSTGRES_PASSWORD=another\n';
    },
  };

  test.each(chosenStates(NAMES))('%s', async (name) => {
    await fresh();
    await scenarios[name]!();
  });
});
