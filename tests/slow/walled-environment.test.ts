import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

/** What the wall is to whole tasks. What it holds is in wall.test.ts. */
const scratch = useEmbedded({
  engine: false,
  environments: {
    shielded: { entry: { stack: 'embedded', protected: true } },
    older: { entry: { stack: 'embedded', protected: true, wall: false } },
    never: { entry: { stack: 'embedded', protected: 'never' } },
    open: { entry: { stack: 'embedded', protected: true, wall: false } },
    plain: { entry: { stack: 'embedded' } },
  },
});
const at = (environment: string) => {
  const asked = localAsker(scratch, environment, 'app', 'core');
  const task = (words: string): Promise<Ran> => scratch.runTask(`${words} ENV=${environment}`);
  const byHand = async (statement: string, database = 'core'): Promise<string> => {
    const client = await connect(scratch, { environment, user: 'app', database });
    try {
      return await client.query(statement).then(
        () => 'done',
        (error: Error) => error.message,
      );
    } finally {
      await client.end();
    }
  };
  return {
    ...asked,
    task,
    byHand,
    done: async (words: string): Promise<Ran> => succeeded(await task(words)),
  };
};
const HELD = /behind the wall|being used by logical replication subscription/;

const ENVIRONMENTS = ['shielded', 'never', 'older', 'open', 'plain'];
const ups = new Map<string, string>();
beforeAll(
  async () =>
    void (await Promise.all(
      ENVIRONMENTS.map(async (name) => ups.set(name, (await at(name).done('up')).stderr)),
    )),
  PATIENCE,
);

test('the first up says what it holds and how it is left out, and no later one does', async () => {
  const NEW = /has a wall now .* it holds database core, its schemas \(wall: false in env\/environments.ts/;
  expect(ENVIRONMENTS.map((name) => NEW.test(ups.get(name)!))).toEqual([true, true, false, false, false]);
  for (const name of ENVIRONMENTS) expect((await at(name).done('up')).stderr).not.toContain('wall');
});

test('what an application seems to empty is named before it meets the wall; wall: false, and it can go', async () => {
  const { sql, byHand, done } = at('older');
  const registry = scratch.read('env/environments.ts');
  const [, entry] = /"older": \{([^}]*)\}/.exec(registry)!;
  onTestFinished(() => scratch.write('env/environments.ts', registry));
  const withWall = (wall: string): void =>
    scratch.write('env/environments.ts', registry.replace(entry!, entry!.replace(/"wall": false/, wall)));
  await sql('CREATE SCHEMA stg; CREATE TABLE stg.raw (a int); CREATE TABLE stays (a int)');
  await sql('INSERT INTO stays SELECT generate_series(1, 200)');
  await sql('INSERT INTO stg.raw SELECT generate_series(1, 200)');
  await sql('TRUNCATE stg.raw');
  const counted = `SELECT (n_tup_ins = 200 AND n_live_tup = 0)::text FROM pg_stat_user_tables WHERE relname = 'raw'`;
  await expect.poll(() => sql(counted), { timeout: PATIENCE }).toBe('true');

  withWall('"undo": {}');
  const { stderr } = await done('up');
  expect(stderr).toContain('older has a wall now');
  expect(stderr).toContain("wall: { except: ['stg.raw'] } into the entry older");
  await sql('INSERT INTO stg.raw SELECT generate_series(1, 200)');
  expect(await byHand('TRUNCATE stg.raw')).toMatch(HELD);

  // What stands gets weaker by no edit of the registry, only behind the guard.
  withWall('"wall": { "except": ["stg.raw"] }');
  for (const words of ['up', 'db-wall-env WALL=up']) {
    expect((await done(words)).stderr).toMatch(
      /holds stg\.raw as before, .* \(.*db-drop-wall-env\S* ENV=older WALL=except FORCE=1\)/,
    );
    expect(await byHand('TRUNCATE stg.raw')).toMatch(HELD);
  }
  expect((await done('db-reset-db-env FORCE=1')).stderr).toContain('[ok]');
  await sql(
    'CREATE SCHEMA stg; CREATE TABLE stg.raw AS SELECT generate_series(1, 200) AS a; CREATE TABLE stays (a int)',
  );
  expect(await byHand('TRUNCATE stg.raw')).toMatch(HELD);
  expect((await done('db-wall-env')).stdout).toContain('stg.raw (the registry leaves it out)');
  expect((await at('older').task('db-drop-wall-env WALL=except')).status).toBe(77);
  expect((await done('db-drop-wall-env WALL=except FORCE=1')).stderr).toContain(
    'the wall of core leaves out stg.raw',
  );
  expect((await done('up')).stderr).not.toContain('as before');
  expect(await byHand('TRUNCATE stg.raw')).toBe('done');
  expect(await byHand('TRUNCATE stays')).toMatch(HELD);

  withWall('"wall": false');
  expect((await done('up')).stderr).toMatch(/still stands \(.*db-drop-wall-env\S* ENV=older FORCE=1\)/);
  expect(await byHand('DROP DATABASE core WITH (FORCE)', 'postgres')).toMatch(HELD);
  scratch.write('drop.sql', 'DROP TABLE stg.raw;');
  await done('db-apply-env SQL=drop.sql FORCE=1');
  expect((await at('older').task('db-drop-wall-env WALL=except FORCE=1')).stderr).toContain(
    'leaves nothing of older out',
  );
  // Not protected any more: its wall stands, and its end wants FORCE=1.
  scratch.write(
    'env/environments.ts',
    registry.replace(entry!, entry!.replace('"protected": true', '"protected": false')),
  );
  expect((await done('up')).stderr).toMatch(
    /the registry says protected: false, and the wall of older still stands/,
  );
  expect((await at('older').task('db-drop-wall-env')).status).toBe(77);
  await done('db-save-env NAME=one');
  for (const words of [
    'db-reset-db-env WAIT=0',
    'db-reset-volume-env WAIT=0',
    'db-rebuild-env WAIT=0',
    'db-load-env NAME=one WAIT=0',
    'db-undo-env WAIT=0',
  ]) {
    const { status, stderr } = await at('older').task(words);
    expect(stderr).toContain('the wall of older still stands: older was protected');
    expect(status).toBe(77);
  }
  const asked = await scratch.runTask('db-drop-wall-env ENV=older FORCE=1', { env: { CLAUDECODE: '1' } });
  expect(asked.stderr).toContain('claude runs this command, and the wall of older stands');
  expect(asked.status).toBe(77);
  expect(await byHand('TRUNCATE stays')).toMatch(HELD);
  expect((await done('db-drop-wall-env FORCE=1')).stderr).toMatch(/the wall of core is down$/m);
  expect(await byHand('TRUNCATE stays')).toBe('done');
});

test("protected: 'never' is held as well, and its wall is taken down for nobody", async () => {
  const { byHand, task } = at('never');
  expect(await byHand('DROP DATABASE core WITH (FORCE)', 'postgres')).toMatch(HELD);
  expect((await task('db-drop-wall-env FORCE=1')).status).toBe(77);
});

test('up puts it up where it is protected, and nowhere else; health, check and db-wall-env say so', async () => {
  const { sql, done, byHand } = at('shielded');
  await sql('CREATE TABLE orders AS SELECT generate_series(1, 200) AS id');
  expect((await done('db-wall-env')).stdout).toBe('holds database core, its schemas, 1 table\n');
  expect((await done('health')).stdout).toContain('holds database core, its schemas, 1 table');
  expect(await byHand('TRUNCATE orders')).toMatch(HELD);
  expect(await byHand('DROP DATABASE core WITH (FORCE)', 'postgres')).toMatch(HELD);
  for (const name of ['open', 'plain']) {
    await at(name).sql('CREATE TABLE orders AS SELECT generate_series(1, 200) AS id');
    expect((await at(name).done('db-wall-env')).stdout).toContain('does not hold DROP DATABASE');
    expect(await at(name).byHand('TRUNCATE orders')).toBe('done');
    const refused = await at(name).task('db-wall-env WALL=up');
    expect([refused.status, refused.stderr]).toEqual([77, expect.stringContaining(`${name} has no wall`)]);
  }
});

test('a reset and an undo exchange one walled database for another; removed, nothing is left', async () => {
  const { sql, done, byHand } = at('shielded');
  const reset = await done('db-reset-db-env FORCE=1');
  const [, kept] = reset.stderr.match(/kept as (core__old_\d{8}_\d{6})/)!;
  expect(await byHand('DROP DATABASE core WITH (FORCE)', 'postgres')).toMatch(HELD);
  expect(await byHand(`DROP DATABASE ${kept} WITH (FORCE)`, 'postgres')).toMatch(HELD);
  await sql('CREATE TABLE later AS SELECT generate_series(1, 200) AS id');
  expect(await byHand('DROP TABLE later')).toMatch(HELD);
  const undone = await done('db-undo-env FORCE=1');
  expect(undone.stderr).toContain('is again what it was before');
  expect(await byHand('TRUNCATE orders')).toMatch(HELD);
  await done('db-drop-old-env FORCE=1');
  expect(
    await sql(`SELECT string_agg(datname, ' ') FROM pg_database WHERE datname LIKE 'core%'`, 'postgres'),
  ).toBe('core');
});

test('a backup does not have it, and a restore brings the rows behind it', async () => {
  const { sql, done, byHand } = at('shielded');
  const dump = (await done('backup')).stdout.trim();
  await done(`restore-from-dump DUMP=${dump} FORCE=1`);
  expect(await sql('SELECT count(*)::text FROM orders')).toBe('200');
  expect(await byHand('DELETE FROM orders')).toMatch(HELD);
  await done(`restore-from-dump DUMP=${dump} FORCE=1`);
  await done('db-drop-old-env FORCE=1');
});

test('a script of db-apply-env passes it, and what is typed in psql meanwhile does not', async () => {
  const { sql, done, byHand } = at('shielded');
  scratch.write('drop.sql', 'CREATE TABLE doomed AS SELECT 1 AS a; DROP TABLE doomed; TRUNCATE orders;');
  await done('db-apply-env SQL=drop.sql FORCE=1');
  expect(await sql('SELECT count(*)::text FROM orders')).toBe('0');
  await sql('INSERT INTO orders SELECT generate_series(1, 200)');
  expect(await byHand('TRUNCATE orders')).toMatch(HELD);
});

test('taken down behind the guard only, until the next up', async () => {
  const { task, done, byHand } = at('shielded');
  expect((await task('db-drop-wall-env')).status).toBe(77);
  expect(await byHand('DROP DATABASE core WITH (FORCE)', 'postgres')).toMatch(HELD);
  await done('db-drop-wall-env FORCE=1');
  expect(await byHand('BEGIN; TRUNCATE orders; ROLLBACK')).toBe('done');
  expect((await done('health')).stderr).toContain('the wall of shielded is not whole');
  await done('up');
  expect(await byHand('TRUNCATE orders')).toMatch(HELD);
});
