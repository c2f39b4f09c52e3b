import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { endProcessesOf, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { anotherCheckout, makeRepository, type Checkout } from '../helpers/second-checkout.ts';
import { succeeded } from '../helpers/processes.ts';
import { wholeDatabase } from '../helpers/whole-database.ts';
import { onlyRevisions } from '../helpers/zoo-revisions.ts';

/** `FILES=all` takes the cases that a person looks at seldom, too. */
const WHOLE = process.env['FILES'] === 'all';
const ENV = 'local_filed';
const SEED = 'scripts/db/seed.sql';
const ROLES = 'scripts/db/roles.sql';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
/** Only what takes longer than a file of it is written to one. Elsewhere than in the first checkout it need not. */
const LONG = `SELECT pg_sleep(6) WHERE current_setting('data_directory') !~ '(second|third)'`;
const REVISIONS = [
  `${LONG}; CREATE TABLE public.goods (id int GENERATED ALWAYS AS IDENTITY, name text, gone int);
   INSERT INTO public.goods (name) SELECT E'semi;colon \\\\ "quoted" ' || n FROM generate_series(1, 500) n;
   ALTER TABLE public.goods DROP COLUMN gone; UPDATE public.goods SET name = name || '!' WHERE id % 3 = 0;
   SELECT lo_from_bytea(4711, 'large object'); GRANT SELECT ON LARGE OBJECT 4711 TO reader`,
  `CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; COMMIT; END $$;
   CREATE VIEW public.names AS SELECT name FROM public.goods; CREATE INDEX ON public.goods (name);
   ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader; CREATE TABLE public.late (id int);
   CREATE SEQUENCE public.advanced; SELECT nextval('public.advanced') FROM generate_series(1, 7);
   CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) FROM public.goods WHERE id < 400;
   ALTER TABLE public.goods ADD COLUMN long int GENERATED ALWAYS AS (length(name)) STORED; COMMENT ON SCHEMA public IS 'ours'`,
];
const rebuild = `db-rebuild-env ENV=${ENV} WAIT=0 METHOD=db UNTIL=current`;

const scratch = useEmbedded({
  environments: {
    [ENV]: {
      entry: {
        ...{ stack: 'embedded', local: true, seed: SEED, rolesScript: ROLES },
        alembicIni: 'app/backend/core_api/migrations/alembic.ini',
      },
    },
  },
});

const port = (root: string): number =>
  Number(readFileSync(join(root, '.embedded', ENV, 'data/postmaster.pid'), 'utf8').split('\n')[3]);
async function ask<T>(root: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: port(root), user: 'app', password: 'simple', database: 'core' },
    types: { getTypeParser: () => (value: unknown) => value },
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
const dropMade = (root: string): Promise<void> =>
  ask(root, async (client) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT datname AS name FROM pg_database WHERE datname LIKE '%\\_\\_made\\_%'`,
    );
    for (const { name } of rows) await client.query(`DROP DATABASE "${name}"`);
  });
/** Definitions, rows and the database itself. Statistics are no part of it. */
async function look({ root, run }: Pick<Checkout, 'root' | 'run'>): Promise<string[]> {
  const { stdout } = succeeded(await run(`db-dump-schema-env ENV=${ENV} OUT=-`));
  const rest = await ask(root, wholeDatabase);
  return [stdout, ...rest.filter((line) => !line.startsWith('statistics '))];
}
const folder = (): string => {
  const top = join(scratch.outside, 'state/makesafe/rebuilds');
  const [repository] = readdirSync(top);
  return join(top, repository!, ENV);
};
const files = (): string[] => readdirSync(folder()).filter((name) => name.endsWith('.gz'));

describe('two checkouts with a server each', () => {
  let first: Pick<Checkout, 'root' | 'run'>;
  let third: Checkout;
  const checkout = async (name: string): Promise<Checkout> => {
    const made = await anotherCheckout(scratch, name);
    await made.done(`up ENV=${ENV}`);
    return made;
  };
  const ofFirst = async (): Promise<string> => (await scratch.mustTask(rebuild)).stderr;

  beforeAll(async () => {
    onlyRevisions(scratch, REVISIONS);
    scratch.write(SEED, `INSERT INTO public.goods (name) VALUES ('seeded')`);
    scratch.write(
      ROLES,
      `DO $$ BEGIN CREATE ROLE reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$; GRANT CONNECT ON DATABASE core TO reader;`,
    );
    await makeRepository(scratch);
    await scratch.mustTask(`up ENV=${ENV}`);
    first = { root: scratch.root, run: (words) => scratch.runTask(words) };
  }, PATIENCE);

  test('of what is made in a moment no file is written', async () => {
    onlyRevisions(scratch, [`CREATE TABLE public.goods (name text)`]);
    const said = await ofFirst();
    const top = join(scratch.outside, 'state/makesafe/rebuilds');
    // On a machine with much else to do it may take as long as what is worth it.
    if (Number(/migrate +([\d.]+) s/.exec(said)![1]) < 5.5) {
      expect(said).not.toContain('to a file');
      expect(existsSync(top)).toBe(false);
    }
    rmSync(top, { recursive: true, force: true });
  }, 600_000);

  test('the second one runs no migration and no seed, and is equal', async () => {
    onlyRevisions(scratch, REVISIONS);
    const made = await ofFirst();
    expect(made).not.toContain('from a file');
    expect(made).toMatch(/made in \d+ s \(.* MB\) is written to a file, for rebuilds in other checkouts/);
    expect(files()).toHaveLength(2);
    expect((statSync(folder()).mode & 0o777).toString(8)).toBe('700');
    for (const name of readdirSync(folder()))
      expect((statSync(join(folder(), name)).mode & 0o777).toString(8), name).toBe('600');

    const listed = JSON.parse(succeeded(await first.run(`db-saves-env ENV=${ENV} JSON=1`)).stdout) as {
      files: object[];
    };
    const two = { bytes: expect.any(Number) as number, revisions: ['0002'], checkout: scratch.root };
    expect(listed.files).toEqual([expect.objectContaining(two), expect.objectContaining(two)]);
    const words = succeeded(await first.run(`db-saves-env ENV=${ENV}`)).stderr;
    expect(words).toMatch(/\[info\] 2 files of what rebuilds have made, \d.*, for 7 days at most:/);
    expect(words).toContain(`at 0002, in ${scratch.root}\n`);
    expect(words).toContain(`[next] rm -r ${folder()} removes them, and nothing is lost but time`);
    for (const name of files())
      expect((await first.run(`check ENV=${ENV}`)).stdout).toContain(`${join(folder(), name)} (`);

    const second = await checkout('second');
    const said = await second.done(rebuild);
    expect(said).toContain(`in ${scratch.root} has made of the same files is taken from a file (CACHE=0`);
    expect(said).toMatch(/migrate .*nothing to do: all is from the file/);
    expect(said).toMatch(/seed .*nothing to do/);
    expect(await look(second)).toEqual(await look(first));
    expect(files()).toHaveLength(2);
    const again = await second.done(rebuild);
    expect(again).toMatch(/what the rebuild of \d\d:\d\d has made of the same files is taken \(CACHE/);
    expect(await look(second)).toEqual(await look(first));

    // Of the one with rows of the seed there is a copy, and none of the other.
    const next = second
      .read(`${VERSIONS}/0002.py`)
      .replace('revision = "0002"', 'revision = "0003"')
      .replace('down_revision = "0001"', 'down_revision = "0002"')
      .replace(/^TEXT = .*$/m, 'TEXT = "CREATE TABLE public.more AS SELECT count(*) FROM public.goods"');
    for (const one of [second, scratch]) one.write(`${VERSIONS}/0003.py`, next);
    const onTop = await second.done(rebuild);
    expect(onTop).toContain('is taken from a file; 1 new revision and the seed will run on top of it');
    expect(onTop).toMatch(/migrate .* 1 revision; the others are from the file/);
    succeeded(await first.run(`${rebuild} CACHE=0`));
    expect(await look(second)).toEqual(await look(first));

    second.write(`${VERSIONS}/0001.py`, `${second.read(`${VERSIONS}/0001.py`)}# edited\n`);
    expect(await second.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
    await endProcessesOf(second.root);
  }, 600_000);

  test('a file that was changed or cut is not taken, and nothing of it is left', async () => {
    third = await checkout('third');
    const anew = await look(first);
    third.write(`${VERSIONS}/0003.py`, scratch.read(`${VERSIONS}/0003.py`));
    for (const path of files().map((name) => join(folder(), name))) {
      const text = gunzipSync(readFileSync(path)).toString();
      writeFileSync(path, gzipSync(text.replace('"quoted" 7', '"quoted" 8')));
      const mark = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as object;
      const sha256 = createHash('sha256').update(readFileSync(path)).digest('hex');
      writeFileSync(`${path}.json`, JSON.stringify({ ...mark, sha256 }));
    }
    await refused('3 revisions', 'what it makes is not what it was written of', anew);
    if (WHOLE) {
      for (const name of files()) truncateSync(join(folder(), name), 700);
      await refused('3 revisions', '.* is not what was written', anew);
    }
    for (const name of readdirSync(folder())) chmodSync(join(folder(), name), 0o666);
    expect(await third.done(`${rebuild} DRY_RUN=1`)).not.toContain('is taken');
  }, 600_000);

  test('what a revision makes of the server is in no file: it is made there', async () => {
    await write([...REVISIONS, 'CREATE ROLE made; GRANT SET ON PARAMETER log_statement TO reader']);
    const why = 'privileges on parameter log_statement, role made of that server is not here';
    await refused('3 revisions', why, await look(first));
  }, 600_000);

  test.skipIf(!WHOLE)(
    'a view that would be refreshed to other rows is as it was',
    async () => {
      scratch.write(SEED, 'DELETE FROM public.goods WHERE id < 50');
      third.write(SEED, scratch.read(SEED));
      await write(REVISIONS);
      await refused('2 revisions', 'what it makes is not what it was written of', await look(first));
    },
    600_000,
  );

  const refused = async (count: string, why: string, anew: string[]): Promise<void> => {
    const said = await third.done(rebuild);
    expect(said).toMatch(new RegExp(`migrate .*${count}; the file is not taken: ${why}`));
    expect(await look(third)).toEqual(anew);
    // What was kept would be taken first.
    await dropMade(third.root);
  };
  async function write(texts: readonly string[]): Promise<void> {
    onlyRevisions(scratch, texts);
    rmSync(join(third.root, VERSIONS), { recursive: true });
    for (const name of readdirSync(scratch.path(VERSIONS)))
      if (name.endsWith('.py')) third.write(`${VERSIONS}/${name}`, scratch.read(`${VERSIONS}/${name}`));
    await ofFirst();
  }
});
