import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Receipt } from '../../lib/migrations/receipt.ts';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';
import { newestReceipt, newestReceiptFile } from '../helpers/receipts.ts';
import { HEAD, INI, executed, revisionsIn } from '../helpers/revisions.ts';

/** What a revision does, and which hazards it has. */
interface Seeded {
  readonly id: string;
  readonly upgrade: string;
  readonly downgrade?: string;
  readonly hazards: readonly string[];
}

const LOST = 'irreversible: has a downgrade() that cannot bring the data back';

const SEEDED: readonly Seeded[] = [
  { id: 'good_add_column', upgrade: executed('ALTER TABLE shop.items ADD COLUMN extra int'), hazards: [] },
  {
    id: 'good_new_table',
    upgrade: executed(
      'CREATE TABLE shop.fresh (id int PRIMARY KEY)',
      'INSERT INTO shop.fresh SELECT generate_series(1, 9)',
      'ALTER TABLE shop.fresh ALTER id TYPE bigint',
      'DELETE FROM shop.fresh WHERE id > 5',
      'DROP TABLE shop.fresh',
    ),
    hazards: [],
  },
  {
    id: 'good_empty_column',
    upgrade: executed(
      'ALTER TABLE shop.items ADD COLUMN empty int',
      'ALTER TABLE shop.items DROP COLUMN empty',
    ),
    hazards: [],
  },
  { id: 'good_wider', upgrade: executed('ALTER TABLE shop.items ALTER note TYPE varchar(200)'), hazards: [] },
  { id: 'good_rows', upgrade: executed("INSERT INTO shop.items VALUES (101, 'new')"), hazards: [] },
  {
    id: 'bad_drop_column',
    upgrade: executed('ALTER TABLE shop.items DROP COLUMN other'),
    hazards: ['deletes-data: drops column other of shop.items, which held data in 100 rows', LOST],
  },
  {
    id: 'bad_drop_table',
    upgrade: executed("DO $$ BEGIN EXECUTE 'DROP TABLE shop.doomed'; END $$"),
    hazards: ['deletes-data: drops table shop.doomed, which held data in 10 rows', LOST],
  },
  {
    id: 'bad_delete',
    upgrade: executed('DELETE FROM shop.items WHERE id BETWEEN 91 AND 100'),
    hazards: ['deletes-data: deletes 10 rows of shop.items', LOST],
  },
  {
    id: 'bad_truncate',
    upgrade: executed('TRUNCATE shop.emptied'),
    hazards: ['deletes-data: empties shop.emptied of 20 rows', LOST],
  },
  {
    id: 'bad_null',
    upgrade: executed('UPDATE shop.items SET note = NULL WHERE id <= 30'),
    hazards: ['deletes-data: sets column note of shop.items to NULL in 30 rows', LOST],
  },
  {
    id: 'bad_narrow',
    upgrade: executed('ALTER TABLE shop.prices ALTER price TYPE numeric(10,2)'),
    hazards: [
      'deletes-data: makes column price of shop.prices numeric(10,2), from numeric(10,4), which held data in 50 rows',
      'rewrites-table: rewrites shop.prices of 50 rows',
      LOST,
    ],
  },
  {
    id: 'bad_rewrite',
    upgrade: executed('ALTER TABLE shop.prices ADD COLUMN random float DEFAULT random()'),
    hazards: ['rewrites-table: rewrites shop.prices of 50 rows'],
  },
  {
    id: 'bad_blocks_reads',
    upgrade: executed('ALTER TABLE shop.items ADD COLUMN late int', 'SELECT pg_sleep(0.5)'),
    hazards: [
      expect.stringMatching(
        /^blocks-reads: keeps its lock of shop\.items for \d{3} ms: nobody reads or writes there meanwhile$/,
      ) as string,
    ],
  },
  {
    id: 'bad_blocks_writes',
    upgrade: executed('CREATE INDEX ON shop.items (note)', 'SELECT pg_sleep(0.5)'),
    hazards: [
      expect.stringMatching(
        /^blocks-writes: keeps its lock of shop\.items for \d{3} ms: nobody writes there meanwhile$/,
      ) as string,
    ],
  },
  {
    id: 'bad_long',
    upgrade: executed('SELECT pg_sleep(1.1)'),
    hazards: [expect.stringMatching(/^long: takes 1\.\d s$/) as string],
  },
  {
    id: 'bad_autocommit',
    upgrade: `with op.get_context().autocommit_block():
    op.execute("CREATE INDEX CONCURRENTLY ON shop.items (id)")`,
    hazards: [
      'not-transactional: commits CREATE INDEX CONCURRENTLY by itself: what fails leaves a part of it, and its locks could not be seen',
    ],
  },
  {
    id: 'bad_no_way_back',
    upgrade: executed('ALTER TABLE shop.items ADD COLUMN forever int'),
    downgrade: 'raise NotImplementedError("there is no way back")',
    hazards: ['irreversible: has a downgrade() that only raises an error'],
  },
  {
    id: 'bad_empty_way_back',
    upgrade: executed('ALTER TABLE shop.items ADD COLUMN always int'),
    downgrade: 'pass',
    hazards: ['irreversible: has a downgrade() that does nothing'],
  },
];

describe('al-rehearse-env', () => {
  const environment = (isProtected: boolean): object => ({
    entry: {
      ...{ stack: 'embedded', protected: isProtected, wall: false, alembicIni: INI },
      hazards: { blocks: 0.4, long: 1 },
    },
    env: { POSTGRES_USER: 'app_live', POSTGRES_DB: 'core_live' },
  });
  const scratch = useEmbedded({ environments: { live: environment(true), spare: environment(false) } });
  const LIVE = { environment: 'live', user: 'app_live', database: 'core_live' };

  const { revision, away } = revisionsIn(scratch);
  const write = (id: string, before: string, upgrade: string, downgrade = executed('SELECT 1')): void =>
    revision(id, before, upgrade, downgrade);
  afterEach(() => away());
  const rows = async (where: typeof LIVE, text: string): Promise<unknown[][]> => {
    const client = await connect(scratch, where);
    try {
      return (await client.query<unknown[]>({ text, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  };
  /** All that a rehearsal must not change. */
  const untouched = async (): Promise<unknown> => [
    await rows(LIVE, 'SELECT datname FROM pg_database ORDER BY 1'),
    await rows({ ...LIVE, environment: 'spare' }, 'SELECT datname FROM pg_database ORDER BY 1'),
    await rows({ ...LIVE, environment: 'spare' }, 'SELECT rolname FROM pg_roles ORDER BY 1'),
    await rows(LIVE, 'SELECT version_num FROM alembic_version'),
    await rows(LIVE, `SELECT oid, relname, relfilenode FROM pg_class WHERE oid >= 16384 ORDER BY 1`),
  ];
  const rehearse = (words: string): Promise<Ran> => scratch.runTask(`al-rehearse-env ${words}`);
  const newest = (environment = 'live'): Receipt => {
    const file = newestReceiptFile(scratch, environment);
    expect(statSync(scratch.path(file)).mode & 0o777).toBe(0o600);
    return newestReceipt(scratch, environment);
  };
  const hazardsOf = ({ hazards }: Receipt, revision: string): string[] =>
    hazards.filter((one) => one.revision === revision).map(({ kind, reason }) => `${kind}: ${reason}`);

  beforeAll(async () => {
    await Promise.all(
      ['live', 'spare'].map(async (name) => {
        await scratch.mustTask(`up ENV=${name}`);
        await scratch.mustTask(`al-up-env ENV=${name}`);
      }),
    );
    await rows(
      LIVE,
      `CREATE SCHEMA shop; CREATE TABLE shop.items (id int PRIMARY KEY, note varchar(100), other text);
       INSERT INTO shop.items SELECT g, 'note', 'secret-' || g FROM generate_series(1, 100) AS g;
       CREATE TABLE shop.doomed AS SELECT generate_series(1, 10) AS a;
       CREATE TABLE shop.emptied AS SELECT generate_series(1, 20) AS a;
       CREATE TABLE shop.prices (price numeric(10,4)); INSERT INTO shop.prices SELECT g / 3.0 FROM generate_series(1, 50) AS g`,
    );
  }, PATIENCE);

  test('without a backup it takes one; no other protected server is used: 77', async () => {
    const dry = await rehearse('ENV=live BACKUP_DIR=nowhere DRY_RUN=1');
    expect(dry.stdout).toContain('# a verified backup of live in nowhere\n');
    expect(existsSync(scratch.path('nowhere'))).toBe(false);
    for (const words of ['ENV=live ON=spare', 'ENV=live']) {
      const { status, stderr } = await rehearse(`${words} BACKUP_DIR=nowhere`);
      expect(stderr).toContain('[info] nowhere has no backup of live to rehearse on: one is taken\n');
      expect(stderr).toContain('[ok] live: nothing to migrate to head');
      expect(status).toBe(0);
      rmSync(scratch.path('nowhere'), { recursive: true });
    }
    const other = await rehearse('ENV=spare ON=live');
    expect(other.stderr).toContain(
      '[error] live is protected: its server is not for the rehearsals of others\n',
    );
    expect(other.status).toBe(77);
    await scratch.mustTask('backup ENV=live');
  });

  test('each kind of hazard is named with its revision, and what is harmless is not', async () => {
    let before = HEAD;
    for (const { id, upgrade, downgrade } of SEEDED) {
      write(id, before, upgrade, downgrade);
      before = id;
    }
    const was = await untouched();
    const { status, stdout, stderr } = await rehearse('ENV=live ON=spare');
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/not proven by a drill\n/);
    expect(stderr).toContain(`[ok] live: ${SEEDED.length} revisions migrated on a copy, with `);
    expect(stderr).toMatch(/\[next\] .*al-up-env\.ts ENV=live\n$/);
    expect(stdout).toMatch(/^deletes-data +bad_drop_column, statement 1 +drops column other of shop\.items/m);
    expect(stdout.trimEnd().split('\n').length).toBeLessThanOrEqual(28);
    // Each kind is there, also where not all lines are.
    expect(stdout).toMatch(/^… and \d+ more, in the receipt: .*not-transactional.*irreversible/m);
    const receipt = newest();
    expect(SEEDED.map(({ id }) => [id, hazardsOf(receipt, id)])).toEqual(
      SEEDED.map(({ id, hazards }) => [id, hazards]),
    );
    expect(receipt).toMatchObject({
      ...{
        format: 2,
        environment: 'live',
        on: 'spare',
        data: true,
        way: 'up',
        target: 'head',
        migrated: true,
      },
      ...{ from: [HEAD], to: [before], lost: [] },
    });
    expect(receipt.rows.before['shop.items']).toBe(100);
    expect(receipt.rows.after['shop.items']).toBe(91);
    expect(receipt.rows.after).not.toHaveProperty('shop.doomed');
    expect(receipt.schema.before).not.toBe(receipt.schema.after);
    // Nothing of the data is in it, nor any SQL.
    expect(JSON.stringify(receipt)).not.toMatch(/secret-|SELECT pg_sleep|generate_series/);
    expect(await untouched()).toEqual(was);
  });

  test('what fails because of the data fails on the copy, before anything happens in live: 1', async () => {
    write(
      'bad_unique',
      HEAD,
      executed('CREATE TABLE shop.made (a int)', 'CREATE UNIQUE INDEX ON shop.items (note)'),
    );
    const was = await untouched();
    // Without ON, a protected server is spared.
    const { status, stderr, stdout } = await rehearse('ENV=live');
    expect(stderr).toContain('it is restored on a server of its own, into');
    expect(stderr).toMatch(/\[error\] revision bad_unique failed; core_live\S* is at /);
    expect(stderr).toContain('could not create unique index');
    expect(stderr).toMatch(/\[next\] correct it, then: .*al-rehearse-env\.ts ENV=live\n$/);
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    expect(stdout).toContain('bad_unique');
    const receipt = newest();
    expect(receipt).toMatchObject({ migrated: false, from: [HEAD], to: [HEAD] });
    expect(receipt.statements.at(-1)).toMatchObject({ verb: 'CREATE UNIQUE INDEX', failed: '23505' });
    expect(await untouched()).toEqual(was);
    const servers = readdirSync(scratch.path('.embedded/.scratch')).filter((name) => name.startsWith('run-'));
    expect(servers).toEqual([]);
  });

  test('the way back: what would be lost, as JSON, on its own server where that is not protected', async () => {
    const SPARE = { ...LIVE, environment: 'spare' };
    write('made', HEAD, executed('CREATE TABLE made (a int)'), executed('DROP TABLE made'));
    await scratch.mustTask('al-up-env ENV=spare');
    await rows(SPARE, 'INSERT INTO made VALUES (1), (2)');
    await scratch.mustTask('backup ENV=spare');
    const { status, stdout, stderr } = await rehearse(`ENV=spare TO=${HEAD} JSON=1`);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/\[next\] .*al-down-env\.ts ENV=spare REV=20251211_140000000\n$/);
    const receipt = JSON.parse(stdout) as Receipt;
    expect(receipt).toEqual(newest('spare'));
    expect(receipt).toMatchObject({ way: 'down', from: ['made'], to: [HEAD], migrated: true });
    expect(hazardsOf(receipt, 'made')).toEqual([
      'deletes-data: drops table public.made, which held data in 2 rows',
    ]);
    expect(await rows(SPARE, 'SELECT count(*) FROM made')).toEqual([['2']]);
    await rows(SPARE, `DROP TABLE made; UPDATE alembic_version SET version_num = '${HEAD}'`);
  });

  test('DATA=0 copies the schema alone, and says what it cannot know', async () => {
    write('drops', HEAD, executed('ALTER TABLE shop.items DROP COLUMN other'));
    const was = await untouched();
    const { status, stdout, stderr } = await rehearse('ENV=live ON=spare DATA=0');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('the schema of live as it is now, without rows');
    expect(stdout).toContain('! copied without data: how long it takes');
    expect(newest()).toMatchObject({ backup: null, data: false, from: [HEAD], to: ['drops'] });
    expect(hazardsOf(newest(), 'drops')).toContain(
      'deletes-data: drops column other of shop.items, whose rows were not counted',
    );
    expect(await untouched()).toEqual(was);
  });

  test('a copy of an earlier time is brought to where live is first; one of a later time cannot be', async () => {
    write('later', HEAD, executed('CREATE TABLE shop.later (a int)'), executed('DROP TABLE shop.later'));
    await rows(LIVE, `CREATE TABLE shop.later (a int); UPDATE alembic_version SET version_num = 'later'`);
    write('last', 'later', executed('ALTER TABLE shop.later ADD COLUMN b int'));
    const { status, stderr } = await rehearse('ENV=live ON=spare');
    expect(status, stderr).toBe(0);
    expect(stderr).toContain(`the copy is at ${HEAD}, and live is at later: it is brought there first`);
    expect(newest()).toMatchObject({ from: ['later'], to: ['last'] });
    expect(newest().revisions.map(({ revision }) => revision)).toEqual(['last']);
    await scratch.mustTask('backup ENV=live');
    await rows(LIVE, `DROP TABLE shop.later; UPDATE alembic_version SET version_num = '${HEAD}'`);
    const refused = await rehearse('ENV=live ON=spare');
    expect(refused.stderr).toContain(
      `[error] the copy is at later and cannot be brought to where live is (${HEAD})\n`,
    );
    expect(refused.stderr).toMatch(/\[next\] take a new backup: .*backup\.ts ENV=live\n/);
    expect(refused.status).toBe(77);
  });

  test('a dry run says what it would do, and does nothing', async () => {
    const was = await untouched();
    const { status, stderr } = await rehearse('ENV=live ON=spare DRY_RUN=1');
    expect(stderr).toContain(
      'it is restored on spare, into a database of its own that is removed afterwards',
    );
    expect(status).toBe(0);
    expect(await untouched()).toEqual(was);
    expect(existsSync(scratch.path('journal/rehearsals'))).toBe(true);
  });
});
