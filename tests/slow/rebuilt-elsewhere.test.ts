import { beforeAll, describe, expect, test } from 'vitest';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/free-port.ts';
import { anotherCheckout, makeRepository, type Checkout } from '../helpers/second-checkout.ts';
import { wholeDatabase } from '../helpers/whole-database.ts';
import { onlyRevisions } from '../helpers/zoo-revisions.ts';

const port = await freePort();
const POSTGRES_PASSWORD = 'of-the-administrator';
const SEED = 'scripts/db/seed.sql';
const REVISIONS = [
  'CREATE TABLE public.goods (id int GENERATED ALWAYS AS IDENTITY, name text); INSERT INTO public.goods (name) SELECT md5(n::text) FROM generate_series(1, 50) n',
  'CREATE VIEW public.names AS SELECT name FROM public.goods; CREATE INDEX ON public.goods (name)',
];
const OF_FIRST = /what the rebuild of \d\d:\d\d of database core_first has made of the same files is taken/;
const OWN = /what the rebuild of \d\d:\d\d has made of the same files is taken/;

describe('two checkouts whose databases are on one server', () => {
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      local_far: {
        entry: {
          ...{ stack: 'server', local: true, seed: SEED, rolesScript: false },
          alembicIni: 'app/backend/core_api/migrations/alembic.ini',
          server: { host: '127.0.0.1', port, tls: 'disable' },
        },
        env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core_first', POSTGRES_PASSWORD },
      },
    },
  });
  const { sql } = localAsker(scratch, MANAGED, 'administrator', 'postgres');
  const made = (of: string): Promise<string> =>
    sql(
      `SELECT count(*) || ' kept' FROM pg_database WHERE datname LIKE '${of}\\_\\_made%' AND NOT datallowconn`,
    );
  const rebuild = 'db-rebuild-env ENV=local_far WAIT=0 METHOD=db';
  let second: Checkout;
  let clone: Checkout;
  const into = async (checkout: Checkout, database: string): Promise<void> => {
    const file = 'env/.env.local_far';
    checkout.write(file, checkout.read(file).replace('core_first', database));
    await checkout.done('up ENV=local_far');
  };
  async function look(database: string): Promise<string[]> {
    const client = await connect(scratch, { environment: MANAGED, user: 'administrator', database });
    try {
      // The name is an attribute, too.
      return (await wholeDatabase(client)).map((line) => line.replaceAll(database, 'NAME'));
    } finally {
      await client.end();
    }
  }

  beforeAll(async () => {
    onlyRevisions(scratch, REVISIONS);
    scratch.write(SEED, `INSERT INTO public.goods (name) VALUES ('seeded')`);
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await makeRepository(scratch);
    await scratch.mustTask(`up ENV=${MANAGED}`);
    await scratch.mustTask('up ENV=local_far');
    second = await anotherCheckout(scratch, 'second');
    clone = await anotherCheckout(scratch, 'clone', 'clone');
    await into(second, 'core_second');
    await into(clone, 'core_clone');
    await scratch.mustTask(rebuild);
  }, PATIENCE);

  test('the second one copies what the first has kept, then has its own, and the first still finds its own', async () => {
    const kept = await made('core_first');
    const said = await second.done(rebuild);
    expect(said).toMatch(OF_FIRST);
    expect(said).not.toMatch(/\d revisions?$/m);
    expect(await look('core_second')).toEqual(await look('core_first'));
    expect(await made('core_first')).toBe(kept);
    expect(await made('core_second')).toBe('1 kept');
    expect(await second.done(rebuild)).toMatch(OWN);
    expect((await scratch.mustTask(rebuild)).stderr).toMatch(OWN);
    expect(await look('core_second')).toEqual(await look('core_first'));
  }, 300_000);

  test('what was edited there is not taken, and of what is new there only that runs', async () => {
    const versions = 'app/backend/core_api/migrations/alembic/versions';
    const first = second.read(`${versions}/0001.py`);
    second.write(`${versions}/0001.py`, `${first}# edited\n`);
    expect(await second.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
    second.write(`${versions}/0001.py`, first);
    const next = second
      .read(`${versions}/0002.py`)
      .replace('revision = "0002"', 'revision = "0003"')
      .replace('down_revision = "0001"', 'down_revision = "0002"')
      .replace(/^TEXT = .*$/m, 'TEXT = "CREATE TABLE public.more (id int)"');
    second.write(`${versions}/0003.py`, next);
    expect(await second.done(rebuild)).toMatch(/is taken; 1 new revision and the seed will run on top of it/);
  }, 300_000);

  test('a clone is another repository, and CACHE=0 takes nothing', async () => {
    expect(await clone.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
    expect(await second.done(`${rebuild} DRY_RUN=1 CACHE=0`)).not.toContain('is taken');
  }, 300_000);

  test('what somebody has opened since, or another role owns, is not taken', async () => {
    const third = await anotherCheckout(scratch, 'third');
    await into(third, 'core_third');
    await sql('CREATE ROLE somebody');
    const names = (
      await sql(`SELECT datname FROM pg_database WHERE datname LIKE 'core\\_%\\_\\_made%'`)
    ).split('\n');
    for (const name of names) await sql(`ALTER DATABASE "${name}" OWNER TO somebody`);
    expect(await third.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
    for (const name of names) await sql(`ALTER DATABASE "${name}" OWNER TO administrator`);
    expect(await third.done(`${rebuild} DRY_RUN=1`)).toContain('is taken');
    for (const name of names) await sql(`ALTER DATABASE "${name}" ALLOW_CONNECTIONS true`);
    expect(await third.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
  }, 300_000);
});
