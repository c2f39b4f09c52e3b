import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { revisionsIn } from '../helpers/revisions.ts';

const ENV_PY = 'app/backend/core_api/migrations/alembic/env.py';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const HEAD = '20251211_140000000';
const UP = 'al-up-env ENV=emb_prod';

describe('al-up-env on a protected environment, without a terminal', () => {
  const scratch = useEmbedded({
    only: ['local_demo'],
    environments: {
      emb_prod: {
        entry: {
          ...{ stack: 'embedded', protected: true },
          alembicIni: 'app/backend/core_api/migrations/alembic.ini',
        },
      },
    },
  });
  const { sql } = localAsker(scratch, 'emb_prod', 'app', 'core');
  const { revision, away } = revisionsIn(scratch);
  const dumps = (): string[] =>
    existsSync(scratch.path('backups'))
      ? readdirSync(scratch.path('backups')).filter((name) => name.endsWith('.dump'))
      : [];
  const journal = (): Record<string, unknown>[] =>
    readFileSync(scratch.path('journal/emb_prod.jsonl'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  /** Of what the guard may refuse: status 77, and the database as it was. */
  const refused = async (reason: string | RegExp, words = UP, env = {}): Promise<void> => {
    const before = await sql('SELECT version_num FROM alembic_version');
    const { status, stderr } = await scratch.runTask(words, { env });
    expect(stderr).toMatch(reason);
    expect(stderr).not.toContain('[ok] emb_prod');
    expect(status).toBe(77);
    expect(await sql('SELECT version_num FROM alembic_version')).toBe(before);
  };

  beforeAll(() => scratch.mustTask('up ENV=emb_prod'), PATIENCE);
  afterEach(() => away('r1', 'r2'));

  test('a dry run shows what would run, and makes no version table', async () => {
    const { stderr, stdout } = await scratch.mustTask(`${UP} DRY_RUN=1`);
    expect(stderr).toMatch(new RegExp(`^ +pending +\\S+ .*\\n( {17}\\S.*\\n)* {17}${HEAD} `, 'm'));
    expect(stderr).toContain('[info] dry run: nothing is touched\n');
    expect(stdout).toContain('alembic upgrade head');
    expect(await sql(`SELECT count(*) FROM pg_class WHERE relname = 'alembic_version'`)).toBe('0');
    expect(dumps()).toEqual([]);
    expect(existsSync(scratch.path('journal/emb_prod.jsonl'))).toBe(false);
  });

  test('the screen, a backup, no consent, and a line in the journal', async () => {
    const { stderr } = await scratch.mustTask(UP);
    const places = [
      '[ok] backed up first: backups/',
      'Upgrade: this will be migrated',
      'environment  emb_prod, PROTECTED',
      'database     core of app',
      'marker       emb_prod',
      `pending      `,
      `${HEAD}  `,
      '[ok] emb_prod: migrated to head',
    ].map((text) => stderr.indexOf(text));
    expect(places, stderr).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(stderr).not.toMatch(/Type emb_prod|Starting in/);
    expect(dumps()).toHaveLength(1);
    expect(journal()).toMatchObject([
      { event: 'start', task: 'al-up-env', backup: expect.stringMatching(/^backups\//) as string },
      { event: 'end', outcome: 'done' },
    ]);
  });

  test('nothing pending: it is said, and no backup is taken', async () => {
    rmSync(scratch.path('backups'), { recursive: true });
    const { stderr } = await scratch.mustTask(UP);
    expect(stderr).toContain('    pending      none: there is nothing to migrate\n');
    expect(stderr).toContain('[ok] emb_prod: nothing to migrate, it is at head');
    expect(dumps()).toEqual([]);
  });

  test('pending revisions: id, message and file, oldest first', async () => {
    revision('r1', HEAD, 'pass');
    revision('r2', 'r1', 'pass');
    scratch.write(`${VERSIONS}/r2.py`, `"""add suppliers\n\nmore"""\n${scratch.read(`${VERSIONS}/r2.py`)}`);
    const { stderr } = await scratch.mustTask(`${UP} BACKUP=skip`);
    expect(stderr).toContain(
      `    pending      r1  (${VERSIONS}/r1.py)\n                 r2  add suppliers  (${VERSIONS}/r2.py)\n`,
    );
    expect(stderr).toContain('BACKUP=skip: no backup of emb_prod is taken; the journal will say so');
    await sql(`UPDATE alembic_version SET version_num = '${HEAD}'`);
  });

  describe('is refused, and nothing is touched,', () => {
    test('when another server is exported', async () => {
      await refused('DATABASE_URL is exported in your shell', UP, {
        DATABASE_URL: 'postgresql://elsewhere/x',
      });
    });

    test('when the database is marked for another environment', async () => {
      await sql(`COMMENT ON DATABASE core IS 'makesafe.environment=local_demo'`);
      await refused('database core is marked for local_demo, and this is emb_prod');
      await sql(`COMMENT ON DATABASE core IS 'makesafe.environment=emb_prod'`);
    });

    test('when no backup can be taken; BACKUP=skip counts only where it is typed', async () => {
      revision('r1', HEAD, 'pass');
      await refused('no backup could be taken first', `${UP} BACKUP_DIR=makefile/backups`, {
        BACKUP: 'skip',
      });
    });

    test('when Alembic would run what was not shown', async () => {
      revision('r1', HEAD, 'pass');
      // What a deployment in the same minute does: the second time that env.py runs there is one more.
      const usual = scratch.read(ENV_PY);
      const r2 = `${VERSIONS}/r2.py`;
      revision('r2', 'r1', 'pass');
      const text = scratch.read(r2);
      rmSync(scratch.path(r2));
      scratch.write(
        ENV_PY,
        `${usual}\nopen(${JSON.stringify(scratch.path(r2))}, "w").write(${JSON.stringify(text)})\n`,
      );
      onTestFinished(() => scratch.write(ENV_PY, usual));
      await refused(/alembic would run what was not shown \(r2\): nothing was run/, `${UP} BACKUP=skip`);
    });

    test('when the server is stopped', async () => {
      await scratch.mustTask('down ENV=emb_prod');
      const { status, stderr } = await scratch.runTask(UP);
      expect(stderr).toContain('the database of emb_prod is not running; it is protected');
      expect(status).toBe(77);
      await scratch.mustTask('up ENV=emb_prod');
    });
  });

  test('waits for another run, and looks again at what is pending then', async () => {
    revision('r1', HEAD, 'op.execute("SELECT pg_advisory_xact_lock(1)")');
    const holder = await connect(scratch, { environment: 'emb_prod', user: 'app', database: 'core' });
    onTestFinished(() => holder.end());
    await holder.query('SELECT pg_advisory_lock(1)');
    const first = scratch.startTask(`${UP} BACKUP=skip`);
    await first.printed('-> r1');
    const second = scratch.startTask(UP);
    await second.printed(/waiting for al-up-env by .* since/);
    await holder.query('SELECT pg_advisory_unlock(1)');
    expect((await first.ended).status).toBe(0);
    const { status, stderr } = await second.ended;
    expect(stderr).toContain('revision     r1');
    expect(stderr).toContain('none: there is nothing to migrate');
    expect(status).toBe(0);
    await sql(`UPDATE alembic_version SET version_num = '${HEAD}'`);
  });

  test('on an environment that is not protected the screen is one line', async () => {
    await scratch.mustTask('up ENV=local_demo');
    const { stderr } = await scratch.mustTask('al-up-env ENV=local_demo');
    expect(stderr).toMatch(
      new RegExp(
        `\\[info\\] to run on database core_demo of local_demo: \\S+ to ${HEAD} \\(\\d+ revisions\\)\n`,
      ),
    );
    expect(stderr).not.toContain('backed up');
  });
});
