import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { ENVIRONMENT, leadTo } from '../helpers/cluster.ts';
import { connect, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/free-port.ts';
import { startTap, type Tap } from '../helpers/tap.ts';
import { ROLES_SCRIPT, silentStandbySuite } from '../shared/silent-standby-suite.ts';

const POSTGRES_PASSWORD = 'of-the-administrator';
const AS = { environment: MANAGED, user: 'administrator' };
const port = await freePort();

/** A standby that has never been there: the server waits for a name. */
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
          rolesScript: ROLES_SCRIPT,
        },
        env: { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD },
      },
    },
  });
  let tap: Tap;
  let admin: pg.Client;

  const value = async (sql: string, client = admin): Promise<unknown> =>
    Object.values((await client.query<Record<string, unknown>>(sql)).rows[0] ?? {})[0];
  const ask = async (sql: string, database?: string): Promise<string> => {
    if (database === undefined) return [await value(sql)].join('');
    const client = await connect(scratch, { ...AS, database });
    return String(await value(sql, client).finally(() => client.end()));
  };
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

  beforeAll(async () => {
    scratch.write(`.embedded/${MANAGED}/port`, String(port));
    await scratch.mustTask(`up ENV=${MANAGED}`);
    tap = await startTap(port);
    admin = await connect(scratch, { ...AS, database: 'postgres' });
    // What the test does itself must not wait.
    await admin.query('SET synchronous_commit TO local');
  }, PATIENCE);
  afterEach(() => awaited(''));
  afterAll(async () => {
    await admin.end();
    tap.close();
  });

  const server = () => ({ host: '127.0.0.1', port: tap.port, tls: 'disable' }) as const;

  silentStandbySuite(scratch, 4, {
    server,
    before: (pattern, happens) => tap.before(pattern, happens),
    silence: () => awaited('n2'),
    heal: () => awaited(''),
    ask,
    names: 'n2',
  });

  test.each([
    ['its drop', /DROP DATABASE "?core__new__gone/],
    ['its name from which it is dropped', /RENAME TO "?core__new__gone/],
  ])('%s comes too late for a cancelled task: what is half made is named as it is', async (_what, late) => {
    const reset = ['db-reset-db-env', `ENV=${ENVIRONMENT}`, 'WAIT=0'];
    const databases = (): Promise<string> =>
      ask(`SELECT string_agg(datname, ',' ORDER BY 1) FROM pg_database WHERE datname LIKE 'core%'`);
    leadTo(scratch, server());
    const hold = (): void =>
      tap.before(late, async () => {
        hold();
        await running.ended;
      });
    // It waits for the signal to arrive: then the task asks the server to end the statement.
    tap.before(
      /COMMENT ON DATABASE "?core__new/,
      () =>
        new Promise((goOn) => {
          tap.before(/pg_cancel_backend/, () => {
            hold();
            goOn();
            return Promise.resolve();
          });
          running.interrupt();
        }),
    );
    const running: Running = scratch.startTask(reset);
    const { status, stderr } = await running.ended;
    const [core, made, ...more] = (await databases()).split(',');
    expect([core, made, more], stderr).toEqual(['core', expect.stringMatching(/^core__new/), []]);
    expect(stderr).toMatch(new RegExp(`left behind: .*${made!}.*, half made, which the next reset`));
    expect(stderr).toContain('the old database core is in use, unchanged');
    expect(status, stderr).toBe(130);
    tap.before(/^$/, () => Promise.resolve());
    await scratch.mustTask(reset);
    expect(await databases()).toBe('core');
  });
});
