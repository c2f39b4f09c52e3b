import { copyFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ENVIRONMENT, leadTo } from '../helpers/cluster.ts';
import { sampleOf } from '../helpers/commit.ts';
import { connect, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/scratch.ts';
import { startTap, type Tap } from '../helpers/tap.ts';

const ENV = `ENV=${ENVIRONMENT}`;
const POSTGRES_PASSWORD = 'of-the-administrator';
const AS = { environment: MANAGED, user: 'administrator' };
const ROLES = `DO $$ BEGIN CREATE ROLE some_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
COMMENT ON ROLE some_reader IS 'of a test';
`;
const HEAD = '20251211_140000000';

/** What is run, before which statement the standby falls silent, and what is in use when nobody waits for it any more. */
const MOMENTS = {
  'a database that is made': ['db-reset-db-env WAIT=0', /CREATE DATABASE/, 'old'],
  'the exchange': ['db-reset-db-env WAIT=0', /RENAME TO "?core__old/, 'new'],
  'the drop of the old one': ['db-reset-db-env WAIT=0', /DROP DATABASE "?core__old__gone/, 'new'],
  'the COPY of a restore': ['restore-from-dump DUMP=some.dump WAIT=0', /COPY .* FROM/i, 'old'],
  'a migration': ['al-up-env', /UPDATE .*alembic_version/i, 'revision'],
  'a script of roles': ['db-bootstrap-roles-env', /COMMENT ON ROLE/, undefined],
  'a script': ['db-apply-env SQL=some.sql WAIT=0', /CREATE TABLE made/, undefined],
  'a marker': ['db-mark-env REPLACE=vm_other', /COMMENT ON DATABASE/, undefined],
} as const;
type Moment = keyof typeof MOMENTS;

const CELLS = (['past the limit', 'Ctrl-C'] as const).flatMap((how) =>
  (Object.keys(MOMENTS) as Moment[]).map((moment) => ({ how, moment })),
);
/** All 16 by `STANDBYS=all npx vitest run --project slow silent-standby`; some in CI, others with each commit. */
const chosen = process.env['STANDBYS'] === 'all' ? CELLS : sampleOf(CELLS, 4);

const port = await freePort();

/** A commit that a synchronous standby has to confirm, and does not. */
describe('a synchronous standby that is silent', () => {
  const alembicIni = 'app/backend/core_api/migrations/alembic.ini';
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      [ENVIRONMENT]: {
        entry: {
          stack: 'server',
          server: { host: '127.0.0.1', port, tls: 'disable' },
          alembicIni,
          rolesScript: 'some-roles.sql',
        },
        env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD },
      },
    },
  });
  let tap: Tap;
  let admin: pg.Client;

  /** From now on each commit waits for a standby, or none: it takes the server a moment. */
  const awaited = async (names: string): Promise<void> => {
    await admin.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
    await admin.query('SELECT pg_reload_conf()');
    const probe = await connect(scratch, { ...AS, database: 'postgres' });
    const process = await value('SELECT pg_backend_pid()', probe);
    const waits = async (): Promise<boolean> => {
      let isOver = false;
      const committed = probe.query(`SELECT pg_logical_emit_message(true, 'test', 'x')`);
      void committed.then(
        () => (isOver = true),
        () => {},
      );
      while (!isOver) {
        const asked = `SELECT wait_event FROM pg_stat_activity WHERE pid = ${String(process)}`;
        if ((await value(asked)) === 'SyncRep') return true;
      }
      return false;
    };
    while ((await waits()) !== (names !== '')) await sleep(10);
    await admin.query(`SELECT pg_terminate_backend(${String(process)})`);
  };
  const value = async (sql: string, client = admin): Promise<unknown> =>
    Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
  const inside = async (sql: string): Promise<unknown> => {
    const client = await connect(scratch, { ...AS, database: 'core' });
    return value(sql, client).finally(() => client.end());
  };
  type State = Awaited<ReturnType<typeof state>>;
  const state = async () => ({
    databases: await value(
      `SELECT string_agg(datname, ',' ORDER BY 1) FROM pg_database WHERE datname LIKE 'core%'`,
    ),
    oid: await value(`SELECT oid FROM pg_database WHERE datname = 'core' AND datallowconn`),
  });
  const waits = (standbyWait: number | false): void =>
    leadTo(scratch, { host: '127.0.0.1', port: tap.port, tls: 'disable' }, { standbyWait });

  beforeAll(async () => {
    scratch.write('some-roles.sql', ROLES);
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
    tap = await startTap(port);
    admin = await connect(scratch, { ...AS, database: 'postgres' });
    // What the test does itself must not wait.
    await admin.query('SET synchronous_commit TO local');
    waits(60);
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    scratch.write('some.sql', 'CREATE TABLE made (n int);\nDROP TABLE made;\n');
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    for (const end of ['', '.json'])
      copyFileSync(scratch.path(`${stdout.trim()}${end}`), scratch.path(`some.dump${end}`));
  }, PATIENCE);
  afterEach(() => awaited(''));
  afterAll(async () => {
    await admin.end();
    tap.close();
  });

  /** Begins the task; from the moment's statement on, no commit is confirmed. */
  const during = async (moment: Moment) => {
    const [task, statement] = MOMENTS[moment];
    if (moment === 'a migration') await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    if (moment === 'a marker')
      await admin.query(`COMMENT ON DATABASE core IS 'makesafe.environment=vm_other'`);
    const before = await state();
    tap.before(statement, () => awaited('n2'));
    return { before, running: scratch.startTask([...task.split(' '), ENV]) };
  };

  const checkState = async (moment: Moment, before: State, stderr: string): Promise<void> => {
    const [, , inUse] = MOMENTS[moment];
    const after = await state();
    expect(after.oid, stderr).toBeDefined();
    // A busy machine has no time left to remove it after Ctrl-C: it is said, and the next run removes it.
    const [, besides] = String(after.databases).match(/^core,(.*)$/) ?? [];
    if (besides !== undefined) expect(stderr).toMatch(/left behind: .*core__(new|old)/);
    if (inUse === 'old') {
      expect(stderr).toContain('the old database core is in use, unchanged');
      expect(after.oid).toBe(before.oid);
    } else if (inUse === 'new') {
      expect(stderr).toContain('the new database core is in use');
      expect(stderr).toContain('no standby has confirmed');
      expect(after.oid).not.toBe(before.oid);
    } else if (inUse === 'revision') {
      const at = String(await inside('SELECT max(version_num) FROM alembic_version'));
      expect(stderr).toContain(at);
    }
  };

  const endsWell = async (moment: Moment): Promise<void> => {
    await awaited('');
    const [task] = MOMENTS[moment];
    if (moment === 'a marker')
      await admin.query(`COMMENT ON DATABASE core IS 'makesafe.environment=vm_other'`);
    await scratch.mustTask([...task.split(' '), ENV]);
    expect((await state()).databases).toBe('core');
    if (moment === 'a migration')
      expect(await inside('SELECT max(version_num) FROM alembic_version')).toBe(HEAD);
  };

  const past = async (moment: Moment): Promise<void> => {
    waits(3);
    const { before, running } = await during(moment);
    await running.printed('a standby to confirm, 3 s at most (synchronous_standby_names is n2; ');
    const { status, stderr } = await running.ended;
    expect(stderr).toContain(
      'no standby has confirmed a commit within 3 s (standbyWait; synchronous_standby_names is n2)',
    );
    expect(stderr).toContain('[next] have a standby answer (pg_stat_replication lists those that are there)');
    expect(stderr).not.toContain('[ok]');
    await checkState(moment, before, stderr);
    expect(status, stderr).toBe(69);
    await endsWell(moment);
  };

  const cancelled = async (moment: Moment): Promise<void> => {
    waits(false);
    const { before, running } = await during(moment);
    await running.printed('a standby to confirm (synchronous_standby_names is n2; ');
    running.interrupt();
    const { status, stderr } = await running.ended;
    expect(stderr).not.toContain('once more');
    if (moment !== 'a migration') await checkState(moment, before, stderr);
    expect(status, stderr).toBe(130);
    await endsWell(moment);
  };

  test.each(chosen.map(({ how, moment }) => [moment, how, { how, moment }] as const))(
    '%s, %s: it ends, and what is in use is said',
    (_moment, _how, cell) => (cell.how === 'past the limit' ? past : cancelled)(cell.moment),
  );
});
