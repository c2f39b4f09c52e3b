import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { keptName, writeMark } from '../../lib/database/replace/names.ts';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded, type Ran } from '../helpers/processes.ts';

/** What stands beside a database: kept on a protected environment, or left by a run that was killed. */
const scratch = useEmbedded({
  engine: false,
  environments: {
    shielded: { entry: { stack: 'embedded', protected: true } },
    plain: { entry: { stack: 'embedded' } },
    usual: { entry: { stack: 'embedded', undo: {} } },
    tight: { entry: { stack: 'embedded', undo: { gigabytes: 0.001 } } },
  },
});
const at = (environment: string) => {
  const asked = localAsker(scratch, environment, 'app', 'core');
  const task = (words: string): Promise<Ran> => scratch.runTask(`${words} ENV=${environment}`);
  const databases = (): Promise<string> =>
    asked.sql(
      `SELECT string_agg(datname, ' ' ORDER BY datname) FROM pg_database WHERE datname LIKE 'core%'`,
      'postgres',
    );
  return {
    ...asked,
    task,
    done: async (words: string): Promise<Ran> => succeeded(await task(words)),
    databases,
  };
};
const ATTRIBUTES = `
  SELECT to_jsonb(d) - '{oid,datfrozenxid,datminmxid}'::text[], shobj_description(d.oid, 'pg_database'),
    (SELECT jsonb_agg(to_jsonb(s) - 'setdatabase' ORDER BY setrole) FROM pg_db_role_setting s
     WHERE setdatabase = d.oid)
  FROM pg_database d WHERE datname = 'core'`;
const mark = (kind: 'new' | 'closed' | 'former'): string =>
  `'${writeMark(null, { kind, of: 'core', what: 'reset', since: '2026-11-23T14:03:00.000Z' })}'`;

beforeAll(async () => {
  for (const name of ['shielded', 'plain', 'usual', 'tight']) await at(name).done('up');
}, PATIENCE);

test('a reset keeps the old database, undo brings it back with all that belongs to it, and it is removed', async () => {
  const { sql, refusal, task, done, databases } = at('shielded');
  const attributes = (): Promise<string> => sql(ATTRIBUTES, 'postgres');
  await sql(
    `CREATE TABLE kept AS SELECT 42 AS x;
     CREATE ROLE reader;
     GRANT CONNECT ON DATABASE core TO reader;
     ALTER DATABASE core CONNECTION LIMIT 17;
     ALTER DATABASE core SET work_mem TO '8MB';
     ALTER ROLE reader IN DATABASE core SET statement_timeout TO '7s';
     ALTER DATABASE core IS_TEMPLATE true;
     COMMENT ON DATABASE core IS E'mine\\nmakesafe.environment=shielded'`,
  );
  const before = await attributes();

  const reset = await done('db-reset-db-env FORCE=1');
  const [, kept] = reset.stderr.match(/the old database is kept as (core__old_\d{8}_\d{6})/)!;
  expect(reset.stderr).toContain('to bring it back: npx tsx tasks/db-undo-env.ts ENV=shielded FORCE=1');
  expect(await databases()).toBe(`core ${kept}`);
  expect(await sql(`SELECT to_regclass('kept') IS NULL`)).toBe('t');
  expect(await attributes()).toBe(before);
  expect(await refusal('SELECT 1', kept)).toContain('not currently accepting connections');
  expect((await task('check')).stdout).toMatch(new RegExp(`✓ leftovers +${kept} is kept`));

  const unforced = await task('db-undo-env');
  expect(unforced.stderr).toContain('BLOCKED');
  expect(unforced.status).toBe(77);

  const undone = await done('db-undo-env FORCE=1');
  expect(undone.stderr).toContain(`to be brought back: ${kept}, from before a reset of `);
  expect(undone.stderr).toContain('[ok] shielded: database core is again what it was before');
  expect(await sql('SELECT x FROM kept')).toBe('42');
  expect(await attributes()).toBe(before);

  // What was undone is kept in turn.
  const names = (await databases()).split(' ');
  expect(names).toEqual(['core', expect.stringMatching(/^core__old_\d{8}_\d{6}$/)]);
  const other = await task('db-drop-old-env FORCE=1 NAME=postgres');
  expect(other.stderr).toContain(`NAME=<one of ${names[1]}>`);
  expect(other.status).toBe(77);
  const dropped = await done('db-drop-old-env FORCE=1');
  expect(dropped.stderr).toContain(`[ok] shielded: ${names[1]} is gone`);
  expect(await databases()).toBe('core');
  expect((await task('db-undo-env FORCE=1')).stderr).toContain('no old database of core is kept');
  await sql('ALTER DATABASE core IS_TEMPLATE false');
});

describe('where it is not protected', () => {
  test('the old database is kept for a day, and comes back', async () => {
    const { sql, task, done, databases } = at('usual');
    await sql('CREATE TABLE kept AS SELECT 42 AS x');
    const { stderr } = await done('db-reset-db-env WAIT=0');
    const [, kept] = stderr.match(
      /the old database is kept as (core__old_\d{8}_\d{6}) until \d{4}-\d\d-\d\d \d\d:\d\d/,
    )!;
    expect(stderr).toMatch(/^ {4}undo {9}what is replaced is kept until \d{4}-\d\d-\d\d \d\d:\d\d$/m);
    expect(await databases()).toBe(`core ${kept}`);
    expect((await task('check')).stdout).toMatch(new RegExp(`✓ leftovers +${kept} is kept until `));
    await done('db-undo-env WAIT=0');
    expect(await sql('SELECT x FROM kept')).toBe('42');
    await done('db-drop-old-env WAIT=0');
    expect(await databases()).toBe('core');
  });

  test.each([
    ['up', 'up'],
    ['the next reset', 'db-reset-db-env WAIT=0'],
  ])('after a day it is removed by %s', async (_what, command) => {
    const { sql, done, databases } = at('usual');
    const since = new Date(Date.now() - 25 * 3_600_000).toISOString();
    const kept = keptName('core', new Date(since));
    await sql(`CREATE DATABASE "${kept}" ALLOW_CONNECTIONS false`, 'postgres');
    const comment = writeMark(null, { kind: 'kept', of: 'core', what: 'reset', since });
    await sql(`COMMENT ON DATABASE "${kept}" IS '${comment}'`, 'postgres');
    const { stderr } = await done(command);
    expect(stderr).toMatch(
      new RegExp(`\\[info\\] ${kept} \\(.* MB\\), from before a reset of .*, is removed`),
    );
    expect(await databases()).not.toContain(kept);
  });

  test('one that is larger than the registry allows is not kept, and the person is told', async () => {
    const { done, databases } = at('tight');
    const { stderr } = await done('db-reset-db-env WAIT=0');
    expect(stderr).toMatch(/^ {4}undo {9}none: .* MB are more than the 1.0 MB of `undo` in the registry$/m);
    expect(stderr).not.toContain('db-undo-env');
    expect(await databases()).toBe('core');
  });
});

describe('with KEEP=1, a reset of the volume', () => {
  test('takes a verified backup first, and says the line that restores it', async () => {
    const { sql, done } = at('usual');
    await sql('DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS x');
    const { stderr } = await done('db-reset-volume-env WAIT=0 KEEP=1');
    expect(stderr).toMatch(/^ {4}undo {9}none: all old databases are removed as well$/m);
    const [, dump] = stderr.match(/it is restored by: \S+ tsx tasks\/\S+ ENV=usual DUMP=(\S+)$/m)!;
    await done('up');
    await done(`restore-from-dump WAIT=0 DUMP=${dump}`);
    expect(await sql('SELECT x FROM kept')).toBe('42');
  });

  test('is refused where no backup can be taken, and touches nothing', async () => {
    const { sql, task, done } = at('usual');
    await done('down');
    const { status, stderr } = await task('db-reset-volume-env WAIT=0 KEEP=1');
    expect(stderr).toContain(
      'no backup could be taken first: the embedded PostgreSQL of usual is not running',
    );
    expect(stderr).toMatch(/\[next\] .* ENV=usual, or without KEEP=1$/m);
    expect(status).toBe(77);
    await done('up');
    expect(await sql('SELECT x FROM kept')).toBe('42');
  });
});

const { sql, refusal, task, done, databases } = at('plain');

describe('of a run that was killed', () => {
  beforeEach(async () => {
    await sql(
      `DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS x; COMMENT ON DATABASE core IS 'mine'`,
    );
  });

  test('before its swap: check tells, up opens the database and removes the half-made one', async () => {
    await sql('CREATE DATABASE core__new');
    await sql(`COMMENT ON DATABASE core__new IS ${mark('new')}`);
    const closed = mark('closed').replace(/'$/, `\nmine'`);
    await sql(
      `ALTER DATABASE core ALLOW_CONNECTIONS false; COMMENT ON DATABASE core IS ${closed}`,
      'postgres',
    );

    const check = await task('check');
    expect(check.stdout).toMatch(
      /✗ leftovers +a reset of .* was interrupted before the swap: the old database core is in place, closed to applications\n +→ npx tsx tasks\/up\.ts ENV=plain/,
    );
    expect(check.status).toBe(1);
    const up = await done('up');
    expect(up.stderr).toContain('was interrupted before the swap');
    expect(up.stderr).toContain('[ok] core is open to applications, unchanged');
    expect(await databases()).toBe('core');
    expect(await sql('SELECT x FROM kept')).toBe('42');
    const comment = `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = 'core'`;
    expect(await sql(comment)).toMatch(/^mine\b/);
    expect((await task('check')).stdout).toMatch(/✓ leftovers +none/);
  });

  test('after its swap: the old database is removed by db-drop-old-env only', async () => {
    await sql('CREATE DATABASE core__old ALLOW_CONNECTIONS false');
    await sql(`COMMENT ON DATABASE core__old IS ${mark('former')}`);
    const check = await task('check');
    expect(check.stdout).toMatch(
      /and the old one is still there as core__old\n +→ npx tsx tasks\/db-drop-old-env\.ts/,
    );
    await done('up');
    expect(await databases()).toBe('core core__old');
    await done('db-drop-old-env WAIT=0');
    expect(await databases()).toBe('core');
  });

  test('what was kept behind the screen is not removed with what was on it', async () => {
    const kept = async (time: string): Promise<string> => {
      const since = `2026-11-23T${time}:00.000Z`;
      const name = keptName('core', new Date(since));
      const comment = writeMark(null, { kind: 'kept', of: 'core', what: 'reset', since });
      await sql(`CREATE DATABASE "${name}" ALLOW_CONNECTIONS false`, 'postgres');
      await sql(`COMMENT ON DATABASE "${name}" IS '${comment}'`, 'postgres');
      return name;
    };
    const first = await kept('14:03');
    const running = scratch.startTask('db-drop-old-env WAIT=8 ENV=plain');
    await running.printed('to be removed: ');
    const second = await kept('15:04');
    const { stderr } = succeeded(await running.ended);
    expect(stderr).toContain(`[ok] plain: ${first} is gone`);
    expect(stderr).toContain(`[warn] ${second} was not there when you were asked: it stays`);
    expect(await databases()).toBe(`core ${second}`);
    await done('db-drop-old-env WAIT=0');
  });

  test('where the present database is gone, undo says what makes one, and works then', async () => {
    const since = '2026-11-23T14:03:00.000Z';
    const kept = keptName('core', new Date(since));
    await sql(`CREATE DATABASE "${kept}" ALLOW_CONNECTIONS false`, 'postgres');
    const comment = writeMark(null, { kind: 'kept', of: 'core', what: 'reset', since });
    await sql(`COMMENT ON DATABASE "${kept}" IS '${comment}'`, 'postgres');
    await sql('DROP DATABASE core WITH (FORCE)', 'postgres');
    const { status, stderr } = await task('db-undo-env WAIT=0');
    expect(stderr).toMatch(/there is no database core\n\[next\] npx tsx tasks\/up\.ts ENV=plain/);
    expect(status).toBe(77);
    await done('up');
    await done('db-undo-env WAIT=0');
    await done('db-drop-old-env WAIT=0');
    expect(await databases()).toBe('core');
  });

  test('a database of somebody else is left alone, whatever its name', async () => {
    await sql('CREATE DATABASE core__new ALLOW_CONNECTIONS false');
    await sql('CREATE DATABASE core__old_20261123_140300');
    const { status, stderr } = await task('db-reset-db-env WAIT=0');
    expect(stderr).toContain("a database core__new is in the way, and it is not makesafe's");
    expect(status).toBe(77);
    expect((await task('db-drop-old-env WAIT=0')).stderr).toContain('no old database of core is kept');
    expect(await databases()).toBe('core core__new core__old_20261123_140300');
    await sql('DROP DATABASE core__new');
    await sql('DROP DATABASE core__old_20261123_140300');
  });
});

test('all obstacles are named at once, before anything is touched', async () => {
  await sql('CREATE DATABASE core__new');
  await sql(`CREATE SUBSCRIPTION s CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)`);
  // Nobody would notice but the new database, which is made from template0.
  await sql(`UPDATE pg_database SET datcollversion = '0.1' WHERE datname = 'template0'`);
  expect(await refusal('CREATE DATABASE x TEMPLATE template0')).toContain('collation version');
  const held = await connect(scratch, { environment: 'plain', user: 'app', database: 'template1' });
  onTestFinished(() => held.end());
  const before = await databases();
  const { status, stderr } = await task('db-reset-db-env WAIT=0');
  expect(status).toBe(77);
  expect(stderr).toContain('database core cannot be replaced:');
  expect(stderr).toContain('subscription s has a slot at its publisher');
  // The advice lets go of the slot: it is the publisher's.
  expect(stderr).toContain('ALTER SUBSCRIPTION s SET (slot_name = NONE)');
  expect(stderr).not.toContain('DROP SUBSCRIPTION');
  expect(stderr).toContain("a database core__new is in the way, and it is not makesafe's");
  expect(stderr).toContain('ALTER DATABASE template0 REFRESH COLLATION VERSION');
  expect(stderr).not.toContain('Starting in');
  expect(await databases()).toBe(before);

  await sql('ALTER SUBSCRIPTION s SET (slot_name = NONE)');
  await sql('DROP DATABASE core__new');
  await sql('UPDATE pg_database SET datcollversion = NULL WHERE datname = $$template0$$');
  // A session on template1 is no obstacle; neither is a subscription without a slot, which goes with the database.
  await done('db-reset-db-env WAIT=0');
  expect(await sql('SELECT count(*) FROM pg_subscription')).toBe('0');
});

test('a database that somebody has closed, and one that is invalid, are refused with the line that helps', async () => {
  await sql('ALTER DATABASE core ALLOW_CONNECTIONS false', 'postgres');
  const closed = await task('db-reset-db-env WAIT=0');
  expect(closed.stderr).toContain('ALTER DATABASE "core" ALLOW_CONNECTIONS true');
  expect(closed.status).toBe(77);
  await sql('ALTER DATABASE core ALLOW_CONNECTIONS true', 'postgres');
  await sql(`UPDATE pg_database SET datconnlimit = -2 WHERE datname = 'core'`, 'postgres');
  const invalid = await task('db-reset-db-env WAIT=0');
  expect(invalid.stderr).toContain('it is invalid, because a DROP DATABASE was interrupted');
  expect(invalid.status).toBe(77);
  await sql(`UPDATE pg_database SET datconnlimit = -1 WHERE datname = 'core'`, 'postgres');
});
