import { copyFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { makeActor } from '../../lib/output/actor.ts';
import { identityIn, type Shown } from '../../lib/database/identity.ts';
import { readContents } from '../../lib/database/contents.ts';
import { replaceDatabase } from '../../lib/database/replace/swap.ts';
import { LIMITS } from '../../lib/system/limits.ts';
import { openSession } from '../../lib/stack/postgres/session.ts';
import type { AskElsewhere } from '../../lib/stack/postgres/watch-session.ts';
import { Terminal } from '../../lib/output/terminal.ts';
import { useServer } from '../helpers/database-server.ts';
import { connect as connectTo, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import { succeeded } from '../helpers/processes.ts';

/** Somebody else has what we need, and lets it go after a while. */

describe('an exchange that somebody holds up', () => {
  const server = useServer();
  const usual = structuredClone(LIMITS);
  let lines = '';
  const written = { write: (text: string) => ((lines += text), true), isTTY: false };
  const terminal = new Terminal(written, written, {});

  beforeAll(() => {
    LIMITS.lock.seconds = 1;
    LIMITS.sessionsEnd.seconds = 1;
  });
  afterAll(() => void Object.assign(LIMITS, usual));
  beforeEach(async () => {
    lines = '';
    LIMITS.exchange.seconds = 60;
    await server.create('core', 'CREATE TABLE kept AS SELECT 42 AS x');
    await server.query('postgres', `COMMENT ON DATABASE core IS 'makesafe.environment=vm_stg'`);
  });

  /** @param fill what is done while the new database is filled */
  async function restore(fill: () => Promise<void>): Promise<void> {
    const login = { user: 'app', password: 'of the tests' };
    const open = () => connect({ host: '127.0.0.1', port: server.port });
    const session = async (database: string, elsewhere?: AskElsewhere): Promise<pg.Client> =>
      openSession(open, { ...login, database }, { server: 'held up', elsewhere });
    const withClient = async <T>(database: string, work: (client: pg.Client) => Promise<T>): Promise<T> => {
      const client = await session(database, async (question) => {
        const other = await session('postgres');
        return question(other).finally(() => other.end());
      });
      return work(client).finally(() => client.end());
    };
    const identity = await withClient('core', async (client) =>
      identityIn(await readContents(client), 'core'),
    );
    const run = {
      ...{ identity, terminal, actor: makeActor(false, terminal), signal: new AbortController().signal },
      stack: {
        ...{ database: { name: 'core', user: 'app' }, withClient },
        freeSpace: () => Promise.resolve(1e12),
      },
      environment: { name: 'vm_stg', entry: { protected: false, undo: false } },
      command: (task: string) => task,
    };
    await replaceDatabase(run as unknown as Shown, { what: 'restore', fill });
  }

  /** Holds the database as `CREATE DATABASE … TEMPLATE core` does, until the exchange was tried and let go. */
  const holding = async (until: () => boolean, ready: () => void): Promise<void> =>
    server.withClient('postgres', async (client) => {
      await client.query(
        `SET application_name TO 'somebody'; BEGIN; COMMENT ON DATABASE core IS 'for a while'`,
      );
      ready();
      while (!until()) await sleep(20);
      await client.query('ROLLBACK');
    });

  test('is tried again, and applications are let in meanwhile', async () => {
    let [holds, held] = [(): void => {}, false];
    const ready = new Promise<void>((resolve) => (holds = resolve));
    const isTriedAgain = (): boolean => lines.includes('core is held up (');
    let others: Promise<void> | undefined;
    await restore(async () => {
      others = holding(
        () => isTriedAgain(),
        () => ((held = true), holds()),
      );
      await ready;
    });
    await others;
    expect(held).toBe(true);
    expect(lines).toMatch(
      /core is held up \(canceling statement due to lock timeout\); tried again for \d+ s/,
    );
    await expect(server.query('core', 'SELECT FROM kept')).rejects.toThrow('does not exist');
  });

  test('is given up in time, and the old database is in use, open and unchanged', async () => {
    LIMITS.exchange.seconds = 2;
    let holds = (): void => {};
    const ready = new Promise<void>((resolve) => (holds = resolve));
    let isOver = false;
    let others: Promise<void> | undefined;
    const restored = restore(async () => {
      others = holding(
        () => isOver,
        () => holds(),
      );
      await ready;
    });
    await expect(restored).rejects.toThrow(
      'canceling statement due to lock timeout\nthe old database core is in use, unchanged',
    );
    isOver = true;
    await others;
    await server.query('core', 'SELECT FROM kept');
    const { rows } = await server.withClient('postgres', (client) =>
      client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'core%'`),
    );
    expect(rows).toEqual([{ datname: 'core' }]);
  });
});

describe('whoever waits for a lock hears after two seconds who holds it', () => {
  const scratch = useEmbedded();
  const ENV = 'ENV=local_demo';
  beforeAll(async () => {
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`db-bootstrap-roles-env ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    await scratch.mustTask(`db-dump-schema-env ${ENV} OUT=kept.sql`);
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    copyFileSync(scratch.path(stdout.trim()), scratch.path('kept.dump'));
  }, PATIENCE);

  const reset = `BEGIN; COMMENT ON DATABASE core_demo IS 'not to stay'`;
  const version = 'public.alembic_version';
  test.each([
    ['db-reset-db-env WAIT=0', reset],
    ['backup', `BEGIN; LOCK TABLE ${version} IN ACCESS EXCLUSIVE MODE`],
    ['db-dump-schema-env OUT=-', `BEGIN; LOCK TABLE ${version} IN ACCESS EXCLUSIVE MODE`],
    // Who only reads holds up whoever drops.
    ['al-down-env', 'BEGIN; SELECT FROM mart.v_receive_weekly LIMIT 0'],
    ['db-diff-schema-env BASE=kept.sql', `BEGIN; LOCK TABLE ${version} IN ACCESS EXCLUSIVE MODE`],
    ['restore-from-dump DUMP=kept.dump WAIT=0', reset],
    // Reading is let through: it is alembic that waits, when it writes. The last one: what it leaves is no upgrade's.
    ['al-stamp-env REV=base WAIT=0', `BEGIN; LOCK TABLE ${version} IN SHARE MODE`],
  ])(
    '%s',
    async (task, holds) => {
      await scratch.mustTask(`al-up-env ${ENV}`);
      const client = await connectTo(scratch, {
        environment: 'local_demo',
        user: 'app_demo',
        database: holds === reset ? 'postgres' : 'core_demo',
      });
      try {
        await client.query(`SET application_name TO 'psql'`);
        await client.query(holds);
        const running = scratch.startTask(`${task} ${ENV}`);
        await running.printed(
          /waiting for a lock that psql of app_demo holds \(process \d+ of the server, idle in transaction for \d+ s, after BEGIN; .*; SELECT pg_terminate_backend\(\d+\) ends it\) … \d+ s/,
        );
        await client.query('ROLLBACK');
        succeeded(await running.ended);
      } finally {
        await client.end();
      }
    },
    120_000,
  );
});

describe('whoever waits for a synchronous standby', () => {
  const scratch = useEmbedded();
  beforeAll(() => scratch.mustTask('up ENV=local_demo'), PATIENCE);

  test('hears its name, and goes on when it is there, or not asked for any more', async () => {
    const client = await connectTo(scratch);
    const standbys = async (names: string): Promise<void> => {
      // The setting itself must not wait.
      await client.query('SET synchronous_commit = local');
      await client.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
      await client.query('SELECT pg_reload_conf()');
    };
    await standbys('n2');
    const running = scratch.startTask('db-reset-db-env ENV=local_demo WAIT=0');
    await running.printed('a standby to confirm, 60 s at most (synchronous_standby_names is n2; ');
    await standbys('');
    expect(succeeded(await running.ended).stderr).toContain('[ok] local_demo');
    await client.end();
  });
});
