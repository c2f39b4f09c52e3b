import { beforeAll, expect, test } from 'vitest';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';
import { onlyRevisions } from '../helpers/zoo-revisions.ts';

/** POSTGRES_USER becomes another superuser of the same server: what the first one has made is still there. */
const scratch = useEmbedded({
  environments: {
    shielded: { entry: { stack: 'embedded', protected: true } },
    plain: {
      entry: {
        ...{ stack: 'embedded', local: true, rolesScript: false, undo: {} },
        alembicIni: 'app/backend/core_api/migrations/alembic.ini',
      },
    },
  },
});
const task = (words: string): Promise<Ran> => scratch.runTask(words);
const done = async (words: string): Promise<Ran> => succeeded(await task(words));
const sql = (environment: string, text: string): Promise<string> =>
  localAsker(scratch, environment, 'boss', 'core').sql(text);
const rebuild = 'db-rebuild-env ENV=plain WAIT=0 METHOD=db UNTIL=current';

/** From here on everything is done as `boss`. */
async function change(environment: string): Promise<void> {
  const client = await connect(scratch, { environment, user: 'app', database: 'core' });
  await client.query(`CREATE ROLE boss SUPERUSER LOGIN PASSWORD '${scratch.password(environment)}'`);
  await client.end();
  const file = `env/.env.${environment}`;
  const text = scratch.read(file);
  scratch.write(file, text.replace('POSTGRES_USER=app', 'POSTGRES_USER=boss'));
  expect(scratch.read(file)).not.toBe(text);
}

beforeAll(async () => {
  onlyRevisions(scratch, ['CREATE TABLE public.goods (id int)']);
  for (const name of ['shielded', 'plain']) await done(`up ENV=${name}`);
}, PATIENCE);

test('saves, undo and kept rebuilds', async () => {
  await done(rebuild);
  await done('db-save-env ENV=plain NAME=before');
  await change('plain');
  expect((await done('db-saves-env ENV=plain')).stdout).toMatch(/before .* 0001 +as it was/);
  await sql('plain', 'CREATE TABLE later (a int)');
  await done('db-load-env ENV=plain NAME=before WAIT=0');
  const there = `SELECT coalesce(to_regclass('public.later')::text, 'none') || ' ' || pg_get_userbyid(datdba)
    FROM pg_database WHERE datname = current_database()`;
  expect(await sql('plain', there)).toBe('none app');
  await done('db-undo-env ENV=plain WAIT=0');
  expect(await sql('plain', there)).toBe('later app');

  // What the first one has made belongs to it. The migrations of the second one make something else.
  const owner = `SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'goods'`;
  expect(await sql('plain', owner)).toBe('app');
  expect((await done(rebuild)).stderr).toMatch(/migrate .* 1 revision$/m);
  expect(await sql('plain', owner)).toBe('boss');
  expect((await done(rebuild)).stderr).toContain('has made of the same files is taken');
  expect(await sql('plain', owner)).toBe('boss');
}, 900_000);

test('the wall', async () => {
  await sqlAsApp('CREATE TABLE stays (a int); CREATE TABLE goes (a int)');
  await sqlAsApp('INSERT INTO stays SELECT generate_series(1, 200)');
  await done('up ENV=shielded');
  await change('shielded');
  const held = async (): Promise<void> => {
    await expect(sql('shielded', 'TRUNCATE stays')).rejects.toThrow('behind the wall');
    await expect(sql('shielded', 'DROP TABLE stays')).rejects.toThrow('behind the wall');
  };
  await held();
  scratch.write('drop.sql', 'DROP TABLE goes;');
  await done('db-apply-env ENV=shielded SQL=drop.sql FORCE=1 WAIT=0');
  expect(await sql('shielded', `SELECT to_regclass('goes') IS NULL`)).toMatch(/^t/);
  await held();
  expect((await done('db-wall-env ENV=shielded')).stdout).toContain(
    'holds database core, its schemas, 1 table',
  );
  await done('db-reset-db-env ENV=shielded FORCE=1 WAIT=0');
  await sql('shielded', 'CREATE TABLE stays AS SELECT generate_series(1, 200) AS a');
  await held();
  await done('db-drop-wall-env ENV=shielded FORCE=1 WAIT=0');
  await sql('shielded', 'TRUNCATE stays');
}, 900_000);

async function sqlAsApp(text: string): Promise<void> {
  const client = await connect(scratch, { environment: 'shielded', user: 'app', database: 'core' });
  await client.query(text);
  await client.end();
}
