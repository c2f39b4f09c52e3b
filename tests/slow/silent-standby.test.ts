import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import { ENVIRONMENT } from '../helpers/cluster.ts';
import { connect, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { freePort } from '../helpers/scratch.ts';
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

  silentStandbySuite(scratch, 4, {
    server: () => ({ host: '127.0.0.1', port: tap.port, tls: 'disable' }),
    before: (pattern, happens) => tap.before(pattern, happens),
    silence: () => awaited('n2'),
    heal: () => awaited(''),
    ask,
    names: 'n2',
  });
});
