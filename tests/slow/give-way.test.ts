import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { watchOthers } from '../../lib/stack/alembic/give-way.ts';
import { MARK_MIGRATING } from '../../lib/stack/postgres/advisory-keys.ts';
import { connect, localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';
import { ENV_PY, HEAD, revisionsIn } from '../helpers/revisions.ts';

const ENV = 'ENV=local_demo';
const ALTER = 'op.execute("ALTER TABLE mart.hot ADD COLUMN z int DEFAULT 1")';

describe('a migration gives way', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const { revision, away } = revisionsIn(scratch);
  let usualEnv: string;
  let usualRegistry: string;

  const letWait = (seconds: number): void =>
    scratch.write(
      'env/environments.ts',
      usualRegistry.replace('"stack": "embedded"', `"stack": "embedded", "othersWait": ${seconds}`),
    );
  const open = async (): Promise<pg.Client> => {
    const client = await connect(scratch);
    onTestFinished(() => client.end());
    return client;
  };
  const start = (words: string): Running => {
    const running = scratch.startTask(words);
    onTestFinished(async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    });
    return running;
  };
  /** A session that has read the table, and whose transaction stays open. */
  const read = async (): Promise<pg.Client> => {
    const client = await open();
    await client.query("SET application_name TO 'report'; BEGIN; SELECT count(*) FROM mart.hot");
    return client;
  };
  const waitsForLock = (query: string): Promise<unknown> =>
    expect
      .poll(
        () =>
          sql(
            `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '${query}%'`,
          ),
        { interval: 20 },
      )
      .not.toBe('0');

  beforeAll(async () => {
    [usualEnv, usualRegistry] = [scratch.read(ENV_PY), scratch.read('env/environments.ts')];
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
  }, PATIENCE);

  beforeEach(async () => {
    await sql(
      `DROP TABLE IF EXISTS mart.hot; UPDATE alembic_version SET version_num = '${HEAD}';
       CREATE TABLE mart.hot AS SELECT g AS id, 'x' AS s FROM generate_series(1, 1000) AS g`,
    );
    revision('r1', HEAD, 'op.execute("SELECT 1")');
    revision('r2', 'r1', ALTER);
  });
  afterEach(() => {
    away('r1', 'r2');
    scratch.write(ENV_PY, usualEnv);
  });

  test('100 requests a second behind an ALTER TABLE that waits for a reader: none waits longer than the limit', async () => {
    const LIMIT = 1;
    letWait(LIMIT);
    const reader = await read();
    const took: number[] = [];
    let stopped = false;
    const requests = Array.from({ length: 10 }, async (_, worker) => {
      const client = await open();
      for (let due = performance.now() + worker * 10; !stopped; due += 100) {
        await sleep(Math.max(0, due - performance.now()));
        await client.query('SELECT s FROM mart.hot WHERE id = $1', [worker + 1]);
        // Since it was due: who is held up must not hide the requests that it did not send.
        took.push(performance.now() - due);
      }
    });
    const upgrade = start(`al-up-env ${ENV}`);
    await upgrade.printed('(3 of 5)');
    await reader.query('COMMIT');
    const { status, stderr } = await upgrade.ended;
    stopped = true;
    await Promise.all(requests);
    expect(stderr).toMatch(
      /\[warn\] revision r2 gave way: \d+ sessions? had waited 1\.\d s for it, and it waited for report of app_demo \(process \d+ of the server, idle in transaction for \d+ s, after SET application_name TO '…'; BEGIN; SELECT count\(\*\).*\); once more in 1 s \(2 of 5\)/,
    );
    expect(stderr).toContain('[ok] local_demo: migrated to head');
    expect(status).toBe(0);
    expect(await sql('SELECT version_num FROM alembic_version')).toBe('r2');
    // They did wait, and a busy machine gets half a second on top of the look and of the rollback.
    expect(Math.max(...took)).toBeGreaterThan(LIMIT * 900);
    expect(Math.max(...took)).toBeLessThan(LIMIT * 1000 + 700);
  });

  test('and gives up in the end: status 1, whole revisions only, who was in the way and what to type', async () => {
    letWait(0.1);
    const reader = await read();
    const pid = (reader as unknown as { processID: number }).processID;
    const upgrade = start(`al-up-env ${ENV}`);
    let stopped = false;
    const client = await open();
    const requests = (async () => {
      for (; !stopped; await sleep(10)) await client.query('SELECT s FROM mart.hot WHERE id = 1');
    })();
    const { status, stderr } = await upgrade.ended;
    stopped = true;
    await requests;
    expect(stderr.slice(stderr.indexOf('[error]'))).toMatch(
      new RegExp(
        String.raw`^\[error\] revision r2 gave way 5 times and is not applied; core_demo is at r1\n` +
          String.raw` +1 session had waited 0\.\d s for it, and it waited for report of app_demo \(process ${pid} of the server, .*\)\n` +
          String.raw` +(kept +r1\n +)?undone +r2: rolled back\n` +
          String.raw`\[next\] SELECT pg_terminate_backend\(${pid}\) ends what was in the way; then: npx tsx tasks/al-up-env.ts ENV=local_demo\n`,
      ),
    );
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
    expect(await sql('SELECT version_num FROM alembic_version')).toBe('r1');
    expect(
      await sql(`SELECT count(*) FROM pg_attribute WHERE attname = 'z' AND attrelid = 'mart.hot'::regclass`),
    ).toBe('0');
  });

  test('what takes long by itself is not begun again', async () => {
    letWait(0.3);
    revision('r2', 'r1', `${ALTER}; op.execute("SELECT pg_sleep(600)")`);
    const upgrade = start(`al-up-env ${ENV}`);
    await expect
      .poll(() => sql(`SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'`), {
        interval: 20,
      })
      .toBe('1');
    await (await open()).query('SELECT count(*) FROM mart.hot');
    const { status, stderr } = await upgrade.ended;
    expect(stderr).toMatch(
      /revision r2 gave way and is not applied; core_demo is at r1\n +1 session had waited 0\.\d s for it, and nobody was in its way: .* of app_demo \(process \d+ of the server, active for \d+ s, at SELECT pg_sleep\(600\)\)/,
    );
    expect(stderr).toMatch(
      /\[next\] do it in smaller steps, or let others wait longer: othersWait of local_demo in env\/environments\.ts; then: /,
    );
    expect(status).toBe(1);
  });

  test('a session that holds a lock and executes nothing is ended, because the server cannot cancel it', async () => {
    letWait(0.3);
    revision(
      'r2',
      'r1',
      `${ALTER}; print("idle", flush=True); exec("import os, time\\nwhile not os.path.exists('go'): time.sleep(0.02)"); op.execute("SELECT 2")`,
    );
    const upgrade = start(`al-up-env ${ENV}`);
    await upgrade.printed('idle');
    await (await open()).query('SELECT count(*) FROM mart.hot');
    scratch.write('app/backend/core_api/migrations/go', '');
    const { status, stderr } = await upgrade.ended;
    expect(stderr).toContain('revision r2 gave way and is not applied; core_demo is at r1');
    expect(status).toBe(1);
  });

  test('an env.py that takes the error gets no [ok]', async () => {
    letWait(0.3);
    scratch.write(
      ENV_PY,
      usualEnv.replace(
        '        context.run_migrations()',
        '        try:\n            context.run_migrations()\n        except Exception:\n            pass',
      ),
    );
    await read();
    const upgrade = start(`al-up-env ${ENV}`);
    await waitsForLock('ALTER TABLE mart.hot');
    await (await open()).query('SELECT count(*) FROM mart.hot');
    const { status, stderr } = await upgrade.ended;
    expect(stderr).toContain('alembic ended well, but core_demo is at r1, and not at r2');
    expect(stderr).not.toContain('[ok]');
    expect(status).toBe(1);
  });

  test('a CREATE INDEX CONCURRENTLY that was stopped: the invalid index is named, with the line that removes it', async () => {
    letWait(0.3);
    revision(
      'r2',
      'r1',
      `exec("with op.get_context().autocommit_block():\\n    op.execute('CREATE INDEX CONCURRENTLY hot_s ON mart.hot (s)')")`,
    );
    const writer = await open();
    await writer.query('BEGIN; UPDATE mart.hot SET s = s WHERE id = 1');
    const upgrade = start(`al-up-env ${ENV}`);
    await waitsForLock('CREATE INDEX CONCURRENTLY');
    const other = (await open()).query('ANALYZE mart.hot');
    const { status, stderr } = await upgrade.ended;
    await writer.query('COMMIT');
    await other;
    expect(stderr).toMatch(/revision r2 gave way and is not applied; core_demo is at r1/);
    expect(stderr).toContain(
      'left       the invalid index mart.hot_s; remove it: DROP INDEX CONCURRENTLY "mart"."hot_s"',
    );
    expect(status).toBe(1);
  });

  test('who waits for the version table migrates as well, and waits', async () => {
    letWait(0.2);
    revision('r2', 'r1', 'op.execute("SELECT pg_sleep(1.5)")');
    const upgrade = start(`al-up-env ${ENV}`);
    await expect
      .poll(() => sql(`SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(1.5)'`), {
        interval: 20,
      })
      .toBe('1');
    await (await open()).query('BEGIN; LOCK TABLE alembic_version; COMMIT');
    const { stderr } = await upgrade.ended;
    expect(stderr).not.toContain('gave way');
    expect(stderr).toContain('[ok] local_demo: migrated to head');
  });

  test('only a session that is marked as one of Alembic is stopped, whatever its process ID', async () => {
    const [holder, other, watcher] = [await open(), await open(), await open()];
    const { processID: pid } = holder as unknown as { processID: number };
    await holder.query('BEGIN; LOCK TABLE mart.hot');
    const waiting = other.query('SELECT count(*) FROM mart.hot');
    const ended = new AbortController();
    let looks = 0;
    // With values as the driver usually gives them.
    const query = (text: string, values: unknown[]) => (
      looks++,
      watcher.query({ text, values, types: { getTypeParser: pg.types.getTypeParser } })
    );
    const watching = watchOthers(
      0.1,
      (question) => question({ query } as never),
      () => ({ sessions: [pid], versionTables: [] }),
      ended.signal,
    );
    // It tries, and tries again.
    await expect.poll(() => looks).toBeGreaterThan(30);
    expect((await holder.query('SELECT 1')).rowCount).toBe(1);
    await holder.query(MARK_MIGRATING);
    await waiting;
    ended.abort();
    expect(await watching).toMatchObject({ gaveWay: [{ waiters: 1, own: { pid }, behind: [] }] });
  });
});
