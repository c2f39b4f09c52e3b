import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { revisionsIn } from '../helpers/revisions.ts';

const INI = 'app/backend/core_api/migrations/alembic.ini';
const VERSIONS = 'app/backend/core_api/migrations/alembic/versions';
const HEAD = '20251211_140000000';
const entry = { stack: 'embedded', alembicIni: INI } as const;

describe('what a downgrade loses, and what a stamp hides', () => {
  const scratch = useEmbedded({
    only: ['local_demo'],
    environments: {
      emb_prod: { entry: { ...entry, protected: true } },
      emb_stg: { entry: { ...entry, protected: false, undo: {} } },
    },
  });
  const { revision } = revisionsIn(scratch);
  const askers = {
    emb_prod: localAsker(scratch, 'emb_prod', 'app', 'core'),
    emb_stg: localAsker(scratch, 'emb_stg', 'app', 'core'),
  };

  beforeAll(async () => {
    revision('r1', HEAD, 'op.execute("CREATE TABLE mart.made AS SELECT 1 AS a FROM generate_series(1, 3)")');
    const file = `${VERSIONS}/r1.py`;
    scratch.write(
      file,
      scratch
        .read(file)
        .replace(/downgrade\(\):\n {4}pass/, 'downgrade():\n    op.execute("DROP TABLE mart.made")'),
    );
    for (const name of ['emb_prod', 'emb_stg'] as const) {
      await scratch.mustTask(`up ENV=${name}`);
      await scratch.mustTask(`al-up-env ENV=${name}${name === 'emb_prod' ? ' BACKUP=skip' : ''}`);
    }
  }, PATIENCE);

  const LOST = 'deletes-data     r1, statement 1: drops table mart.made, which held data in 3 rows\n';

  test('a protected one wants its hazards typed, beside FORCE', async () => {
    const DOWN = 'al-down-env ENV=emb_prod FORCE=1 BACKUP=skip';
    const refused = await scratch.runTask(DOWN);
    expect(refused.stderr).toContain(LOST);
    expect(refused.stderr).toContain('not allowed: deletes-data\n');
    expect(refused.stderr).toMatch(/\[next\] if that is meant: .*REV=-1 FORCE=1 ALLOW=deletes-data$/m);
    expect(refused.status).toBe(77);
    expect(await askers.emb_prod.sql('SELECT count(*) FROM mart.made')).toBe('3');
    const { stderr } = await scratch.mustTask(`${DOWN} ALLOW=deletes-data,long`);
    expect(stderr).toContain(`    hazards      ${LOST}`);
    expect(stderr).toContain('[warn] ALLOW names what nobody has seen there: long\n');
  });

  test('elsewhere it is on the screen, and wants no consent', async () => {
    const { stderr } = await scratch.mustTask('al-down-env ENV=emb_stg WAIT=0 ALLOW=deletes-data');
    expect(stderr).toContain(`    hazards      ${LOST}`);
    expect(stderr).toContain('[warn] ALLOW=deletes-data has no effect: emb_stg is not protected\n');
    expect(stderr).toContain('[ok] emb_stg: downgraded (-1)');
  });

  test('and a copy is kept, which brings it back; not with KEEP=0, and not where applications must not stop', async () => {
    await scratch.mustTask('al-up-env ENV=emb_stg');
    const { stderr } = await scratch.mustTask('al-down-env ENV=emb_stg WAIT=0');
    expect(stderr).toMatch(/^ {4}undo {9}a copy is kept until \d{4}-\d\d-\d\d \d\d:\d\d \(KEEP=0: none\)$/m);
    expect(stderr).toMatch(/the old database is kept as core__old_\d{8}_\d{6} until /);
    expect(await askers.emb_stg.sql(`SELECT to_regclass('mart.made')`)).toBe('');
    const undone = await scratch.mustTask('db-undo-env ENV=emb_stg WAIT=0');
    expect(undone.stderr).toMatch(/to be brought back: core__old_\d{8}_\d{6}, from before a downgrade of /);
    expect(undone.stderr).toMatch(
      /^ {4}old ones {5}core__old_.*, from before a downgrade of .*, kept until /m,
    );
    expect(await askers.emb_stg.sql('SELECT count(*) FROM mart.made')).toBe('3');
    expect((await scratch.mustTask('al-cur-env ENV=emb_stg')).stdout).toContain('r1');

    const without = await scratch.mustTask('al-down-env ENV=emb_stg WAIT=0 KEEP=0');
    expect(without.stderr).toMatch(/^ {4}undo {9}none: KEEP=0$/m);
    expect(without.stderr).not.toContain('to bring it back');
    const shielded = await scratch.runTask('al-down-env ENV=emb_prod FORCE=1 BACKUP=skip DRY_RUN=1');
    expect(shielded.stderr).toMatch(/^ {4}undo {9}none: its applications are not stopped for a copy/m);
  });

  test('what the screen has promised is kept, or nothing is done', async () => {
    const { sql } = askers.emb_stg;
    await scratch.mustTask('al-up-env ENV=emb_stg');
    const running = scratch.startTask('al-down-env ENV=emb_stg WAIT=2');
    await running.printed('a copy is kept until ');
    running.interrupt('SIGSTOP');
    await sql('CREATE DATABASE core__new', 'postgres');
    running.interrupt('SIGCONT');
    const { status, stderr } = await running.ended;
    await sql('DROP DATABASE core__new', 'postgres');
    expect(stderr).toContain(
      'no copy can be kept, as the screen has promised: a database core__new is in the way',
    );
    expect(status).toBe(77);
    expect(await sql('SELECT count(*) FROM mart.made')).toBe('3');
  });

  test('also before a downgrade that fails', async () => {
    await scratch.mustTask('al-up-env ENV=emb_stg');
    const file = `${VERSIONS}/r1.py`;
    const good = scratch.read(file);
    scratch.write(file, good.replace('DROP TABLE mart.made', 'DROP TABLE mart.nowhere'));
    const failed = await scratch.runTask('al-down-env ENV=emb_stg WAIT=0');
    scratch.write(file, good);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toContain('[info] to bring it back: ');
    expect(failed.stderr).not.toContain('[ok] emb_stg: downgraded');
    await scratch.mustTask('al-down-env ENV=emb_stg WAIT=0 KEEP=0');
  });

  test('a stamp says how the schema differs from that of the revision', async () => {
    const same = await scratch.mustTask(`al-stamp-env ENV=emb_stg WAIT=0 REV=${HEAD}`);
    expect(same.stderr).toContain(`    schema       that of ${HEAD}, as its revisions make it\n`);
    const other = await scratch.mustTask('al-stamp-env ENV=emb_stg WAIT=0 REV=r1');
    expect(other.stderr).toContain(
      '    schema       NOT that of r1: 1 difference\n                 TABLE mart.made: only in migrations\n',
    );
    const unknown = await scratch.runTask('al-stamp-env ENV=emb_stg WAIT=0 REV=nothing_like_it');
    expect(unknown.stderr).toContain('    schema       not compared with that of nothing_like_it: ');
    expect(unknown.status).not.toBe(0);
  });

  test("a developer's own database is not tried: nothing stands in the way of daily work", async () => {
    await scratch.mustTask('up ENV=local_demo');
    await scratch.mustTask('al-up-env ENV=local_demo');
    const { stderr } = await scratch.mustTask('al-down-env ENV=local_demo WAIT=0');
    expect(stderr).not.toContain('    hazards ');
  });
});
