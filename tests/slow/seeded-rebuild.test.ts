import { rmSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { HEAD, INI } from '../helpers/revisions.ts';
import { local_seeded, SEED } from '../helpers/seeded-environment.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

const NEW = 'app/backend/core_api/migrations/alembic/versions/20260101_000000000_more.py';
const TAKEN = /has made of the same files is taken/;
const ON_TOP = /is taken; the seed will run on top of it/;

/** A revision that counts the rows that it finds: from nothing there are none. */
const COUNTING = `"""More."""
from alembic import op

revision = "20260101_000000000"
down_revision = "${HEAD}"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("CREATE TABLE public.found AS SELECT to_regclass('public.seeds') IS NOT NULL AS seeded")


def downgrade():
    pass
`;

const scratch = useEmbedded({
  environments: {
    local_seeded,
    commanded: { entry: { stack: 'embedded', local: true, seed: { command: 'python -m app.seed' } } },
    guarded: {
      entry: {
        ...{ stack: 'embedded', protected: true, seed: SEED },
        alembicIni: INI,
      },
    },
  },
});
const { sql } = localAsker(scratch, 'local_seeded', 'app', 'core');
const rebuild = (words = ''): Promise<Ran> =>
  scratch.runTask(`db-rebuild-env ENV=local_seeded WAIT=0 METHOD=db ${words}`);
const done = async (words = ''): Promise<string> => succeeded(await rebuild(words)).stderr;
const rows = (): Promise<string> => sql(`SELECT string_agg(n::text, ',' ORDER BY n) FROM seeds`);
const seed = (values: string): void =>
  scratch.write(SEED, `CREATE TABLE public.seeds (n int);\nINSERT INTO seeds VALUES ${values};\n`);
const kept = (): Promise<string> =>
  sql(
    `SELECT count(*) || ' ' || count(*) FILTER (WHERE shobj_description(oid, 'pg_database') LIKE '%"seed":%')
     FROM pg_database WHERE datname LIKE 'core\\_\\_made%'`,
    'postgres',
  );

beforeAll(async () => {
  await scratch.mustTask('up ENV=local_seeded');
  seed('(1), (2)');
}, PATIENCE);

describe('the seed of the registry', () => {
  test('runs behind the migrations, and its rows are kept', async () => {
    const first = await done();
    expect(first).toMatch(/✓ migrate .*\n✓ seed .* the rows of scripts\/db\/seed.sql\n/);
    expect(await rows()).toBe('1,2');
    // Without it, with it, and a spare with it.
    expect(await kept()).toBe('3 2');

    await sql('DELETE FROM seeds');
    const again = await done();
    expect(again).toMatch(/has made of the same files is taken \(CACHE=0/);
    expect(again).toMatch(/✓ seed .* nothing to do\n/);
    expect(await rows()).toBe('1,2');
    expect(await kept()).toBe('3 2');
  }, 300_000);

  test('edited, runs on top of what is kept without it', async () => {
    seed('(3)');
    const ran = await done();
    expect(ran).toMatch(ON_TOP);
    expect(ran).toMatch(/✓ migrate .* nothing to do\n✓ seed .* the rows of/);
    expect(await rows()).toBe('3');
    const again = await done();
    expect(again).toMatch(TAKEN);
    expect(again).not.toMatch(ON_TOP);
    expect(await rows()).toBe('3');
    // Back to the first one: it is still there.
    seed('(1), (2)');
    expect(await done()).toMatch(/✓ seed .* nothing to do\n/);
    expect(await rows()).toBe('1,2');
  }, 300_000);

  test.each(['SEED=0', 'UNTIL=migrate'])('%s leaves it out, and takes nothing that has it', async (word) => {
    const ran = await done(word);
    expect(ran).toMatch(TAKEN);
    expect(ran).not.toMatch(/seed will run|✓ seed/);
    expect(await sql(`SELECT to_regclass('seeds') IS NULL`)).toBe('t');
  });

  test('FROM=seed runs it in the database that is there', async () => {
    expect(await done('FROM=seed')).toContain('✓ seed');
    expect(await rows()).toBe('1,2');
  });

  test('a new revision runs before it, as from nothing', async () => {
    scratch.write(NEW, COUNTING);
    expect(await done()).toMatch(/is taken; 1 new revision and the seed will run on top of it/);
    expect(await sql('SELECT seeded FROM found')).toBe('f');
    expect(await rows()).toBe('1,2');
    expect(await done()).toMatch(/✓ seed .* nothing to do\n/);
    expect(await sql('SELECT seeded FROM found')).toBe('f');
    rmSync(scratch.path(NEW));
  }, 300_000);

  test('that fails leaves no row, and the next run goes on with it', async () => {
    seed('(4), (5)');
    scratch.write(SEED, `${scratch.read(SEED)}INSERT INTO no_such_table VALUES (1);\n`);
    const before = await kept();
    const failed = await rebuild();
    expect(failed.status, failed.stderr).toBe(1);
    expect(failed.stderr).toMatch(/\[error\] seed: scripts\/db\/seed.sql, line 3: relation "no_such_table"/);
    expect(failed.stderr).toContain('nothing of it was kept');
    expect(await sql(`SELECT to_regclass('seeds') IS NULL`)).toBe('t');
    const [ofAll, withSeed] = [(await kept()).split(' '), before.split(' ')];
    expect(ofAll[1]).toBe(withSeed[1]);
    seed('(4), (5)');
    const on = await done();
    expect(on).toContain('going on at seed, where the run of');
    expect(on).not.toContain('✓ migrate');
    expect(await rows()).toBe('4,5');
  }, 300_000);

  test('that cannot be run is known before anything is destroyed', async () => {
    scratch.write(SEED, 'SELECT (;');
    const broken = await rebuild('DRY_RUN=1');
    expect(broken.stderr).toContain('seed=scripts/db/seed.sql: ');
    expect(broken.status).toBe(78);
    rmSync(scratch.path(SEED));
    const missing = await rebuild();
    expect(missing.stderr).toContain('seed=scripts/db/seed.sql: no such file');
    expect(missing.status).toBe(78);
    expect(await rows()).toBe('4,5');
    seed('(6)');
  });

  test('as a command needs an application', async () => {
    await scratch.mustTask('up ENV=commanded');
    const ran = await scratch.runTask('db-rebuild-env ENV=commanded WAIT=0 METHOD=db');
    expect(ran.stderr).toContain('the seed of commanded is a command of the application');
    expect(ran.status).toBe(78);
  });

  test('is named by a dry run, and is no step of a protected environment', async () => {
    expect(succeeded(await rebuild('DRY_RUN=1 CACHE=0')).stdout).toMatch(
      /^# seed\n.*-f scripts\/db\/seed.sql/m,
    );
    await scratch.mustTask('up ENV=guarded');
    const ran = await scratch.runTask('db-rebuild-env ENV=guarded WAIT=0 METHOD=db DRY_RUN=1 FORCE=1');
    expect(ran.stdout).toContain('# migrate');
    expect(ran.stdout).not.toContain('# seed');
  });
});
