import { existsSync, readdirSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker, startDatabase } from '../helpers/database.ts';
import { useScratch } from '../helpers/scratch.ts';

const HEAD = '20251211_140000000';
const BEFORE_HEAD = '20251120_083000000';
const FIRST = '20250401_090000000';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';

describe.skipIf(inject('noEngine') !== '')('Alembic', () => {
  const scratch = useScratch({ only: ['local_dev'] });
  const { sql } = asker(scratch, 'local_dev', 'app_dev', 'core_dev');
  const revision = (): Promise<string> => sql('SELECT string_agg(version_num, chr(32)) FROM alembic_version');

  beforeAll(async () => {
    scratch.write('secrets/.env.local_dev.secrets', 'POSTGRES_PASSWORD=of-local_dev\n', 0o600);
    await startDatabase(scratch, 'local_dev');
  });

  test('al-cur-env says that a new database has no revision, and what to type', async () => {
    const { stderr } = await scratch.mustTask('al-cur-env ENV=local_dev');
    expect(stderr).toContain(`[warn] local_dev has no revision, not at head (${HEAD})`);
    expect(stderr).toContain('[next] npx tsx tasks/al-up-env.ts ENV=local_dev');
  });

  test('al-up-env stops at REV, al-up goes on to head, showing what alembic says as it comes', async () => {
    await scratch.mustTask(`al-up-env ENV=local_dev REV=${FIRST}`);
    expect(await revision()).toBe(FIRST);
    const running = scratch.startTask('al-up');
    await running.printed(`Running upgrade ${BEFORE_HEAD} -> ${HEAD}`);
    // It was shown before the grants ran.
    expect(running.child.exitCode).toBe(null);
    const { status, stderr } = await running.ended;
    expect(stderr).toContain('[next] npx tsx tasks/al-cur-env.ts ENV=local_dev');
    expect(status).toBe(0);
    expect(await revision()).toBe(HEAD);
  });

  test('al-cur says head', async () => {
    const { stdout, stderr } = await scratch.mustTask('al-cur');
    expect(stdout).toContain(`${HEAD} (head)`);
    expect(stderr).toContain(`[ok] local_dev is at head (${HEAD})`);
  });

  test('al-down-env goes one step, and al-cur-env says that this is not head', async () => {
    await scratch.mustTask('al-down-env ENV=local_dev REV=-1');
    expect(await revision()).toBe(BEFORE_HEAD);
    const { stderr } = await scratch.mustTask('al-cur-env ENV=local_dev');
    expect(stderr).toContain(`[warn] local_dev is at ${BEFORE_HEAD}, not at head (${HEAD})`);
    expect(stderr).not.toContain('[ok]');
    expect(stderr).toContain('[next] npx tsx tasks/al-up-env.ts ENV=local_dev');
  });

  test('al-down goes one step unless REV says where to, through the merge of two heads', async () => {
    await scratch.mustTask('al-down');
    expect(await revision()).toBe('20251006_170000000');
    await scratch.mustTask('al-down REV=base');
    expect(await sql('SELECT count(*) FROM alembic_version')).toBe('0');
    expect(await sql(`SELECT to_regnamespace('mart') IS NULL`)).toBe('t');
    await scratch.mustTask('al-up');
  });

  test('al-stamp and al-stamp-env mark the database without migrating it', async () => {
    const tables = 'SELECT count(*) FROM pg_class';
    const before = await sql(tables);
    await scratch.mustTask(`al-stamp REV=${FIRST}`);
    expect(await revision()).toBe(FIRST);
    await scratch.mustTask('al-stamp-env ENV=local_dev REV=head');
    expect(await revision()).toBe(HEAD);
    expect(await sql(tables)).toBe(before);
  });

  test('two at once on a stopped stack: one starts the database and migrates, the other waits and does nothing', async () => {
    await scratch.mustTask('al-down REV=base');
    await scratch.mustTask('down ENV=local_dev');
    const both = await Promise.all([scratch.runTask('al-up'), scratch.runTask('al-up-env ENV=local_dev')]);
    const said = both.map(({ status, stderr }) => `${status} ${stderr}`).join('\n');
    expect(
      both.map(({ status }) => status),
      said,
    ).toEqual([0, 0]);
    const ends = both.map(({ stderr }) => /\[ok\] local_dev: (migrated|nothing)/.exec(stderr)?.[1]).sort();
    expect(ends, said).toEqual(['migrated', 'nothing']);
    expect(said).toMatch(/waiting for al-up(-env)? by .* since/);
    expect(await revision()).toBe(HEAD);
  });

  test('killed with SIGKILL: the next one waits for its Alembic in the container', async () => {
    await scratch.mustTask('al-down REV=-1');
    const holder = scratch.start([
      'docker',
      'exec',
      '-i',
      `${scratch.project('local_dev')}-db-1`,
      'psql',
      '-U',
      'app_dev',
      '-d',
      'core_dev',
      '-c',
      'BEGIN',
      '-c',
      'LOCK TABLE mart.v_receive_weekly',
      '-c',
      'SELECT 1 AS locked',
      '-c',
      'SELECT pg_sleep(600)',
    ]);
    try {
      await holder.printed('locked');
      const first = scratch.startTask('al-up');
      const waits = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'core_dev'`;
      await expect.poll(() => sql(waits)).toBe('1');
      first.child.kill('SIGKILL');
      await first.ended;
      const next = scratch.startTask('al-up');
      await next.printed('waiting for the migration of a run that was killed');
      await sql(`SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'`);
      expect((await next.ended).status).toBe(0);
      expect(await revision()).toBe(HEAD);
    } finally {
      holder.child.kill('SIGKILL');
      await holder.ended;
    }
  });

  test.each(['al-hist', 'al-hist-env ENV=local_dev'])('%s lists every revision', async (words) => {
    const { stdout } = await scratch.mustTask(words);
    const revisions = readdirSync(scratch.path(VERSIONS))
      .filter((file) => file.endsWith('.py'))
      .map((file) => file.slice(0, HEAD.length));
    expect(revisions.length).toBeGreaterThanOrEqual(12);
    for (const id of revisions) expect(stdout).toContain(id);
  });

  test.each(['al-heads', 'al-heads-env ENV=local_dev'])('%s lists the one head', async (words) => {
    expect((await scratch.mustTask(words)).stdout.trim()).toBe(`${HEAD} (head)`);
  });

  test('the short ones take ENV=local_dev, also as its alias', async () => {
    await scratch.mustTask('al-cur ENV=local_dev');
    await scratch.mustTask('al-cur ENV=dev');
  });

  test('a revision that does not exist keeps the status of alembic, and nothing changes', async () => {
    const { status, stderr } = await scratch.runTask('al-up-env ENV=local_dev REV=nowhere');
    expect(stderr).toContain(`Can't locate revision identified by 'nowhere'`);
    expect(stderr).toMatch(/\[error\] alembic failed; \w+ (is at|has) /);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(255);
    expect(await revision()).toBe(HEAD);
  });

  test('a missing materialized view stops the last revision with a clear message', async () => {
    await scratch.mustTask('al-down-env ENV=local_dev');
    await sql('ALTER MATERIALIZED VIEW mart.mv_receive_daily_summary RENAME TO hidden');
    const { status, stderr } = await scratch.runTask('al-up-env ENV=local_dev');
    expect(stderr).toContain('mart.mv_receive_daily_summary does not exist');
    expect(stderr).toContain('[error] revision 20251211_140000000 failed; ');
    expect(status).toBe(1);
    expect(await revision()).toBe(BEFORE_HEAD);
    await sql('ALTER MATERIALIZED VIEW mart.hidden RENAME TO mv_receive_daily_summary');
    await scratch.mustTask('al-up-env ENV=local_dev');
  });

  test('al-rev-auto keeps the status and words of alembic, where the application has no models', async () => {
    await scratch.mustTask('al-up');
    const { status, stderr } = await scratch.runTask('al-rev-auto MSG=auto REV_ID=20260202_000000000');
    expect(stderr).toContain('does not provide a MetaData object');
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(255);
    expect(existsSync(scratch.path(VERSIONS, '20260202_000000000_auto.py'))).toBe(false);
  });

  test('al-rev makes a file in the project, with the given message and id', async () => {
    const words = ['al-rev', `MSG=add column "net weight"; it's $HOME`, 'REV_ID=20260101_000000000'];
    await scratch.mustTask(words);
    const made = readdirSync(scratch.path(VERSIONS)).find((file) => file.startsWith('20260101_000000000_'))!;
    const text = scratch.read(`${VERSIONS}/${made}`);
    expect(text).toContain(`add column "net weight"; it's $HOME`);
    expect(text).toMatch(/^revision = ['"]20260101_000000000['"]$/m);
    expect(text).toMatch(new RegExp(`^down_revision = ['"]${HEAD}['"]$`, 'm'));
  });

  test('al-rev makes an id of the time when none is given', async () => {
    const files = (): string[] => readdirSync(scratch.path(VERSIONS)).filter((file) => file.endsWith('.py'));
    const before = new Set(files());
    const { stderr } = await scratch.mustTask(['al-rev', 'MSG=later']);
    const [made] = files().filter((file) => !before.has(file));
    expect(made).toMatch(/^\d{8}_\d{9}_later\.py$/);
    expect(stderr).toContain(`[ok] made revision ${made!.slice(0, HEAD.length)}`);
  });

  test('a stopped application is in nobody’s way, a stopped database is named with the line that starts it: 69', async () => {
    await scratch.compose('local_dev', 'stop', 'core_api');
    const { stderr: said } = await scratch.mustTask('al-cur');
    expect(said).toContain(`local_dev is at ${HEAD}`);
    await scratch.compose('local_dev', 'stop', 'db');
    const { status, stderr } = await scratch.runTask('al-cur');
    expect(stderr).toContain('service db of local_dev is not running');
    expect(stderr).toMatch(/\[next\] .*up.*ENV=local_dev/);
    expect(status).toBe(69);
  });
});
