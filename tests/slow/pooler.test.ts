import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import type { LimitsOrder } from '../helpers/limits-preload.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { leftInPool } from '../helpers/pooled.ts';
import { succeeded } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';

const LIMITS_PRELOAD = join(import.meta.dirname, '../helpers/limits-preload.ts');
/** Settings of pgbouncer, by how it hands out sessions. */
const MODES = {
  session: 'pool_mode = session',
  // It trusts its clients to leave nothing behind.
  untidied: 'pool_mode = session\nserver_reset_query =',
  transaction: 'pool_mode = transaction',
  statement: 'pool_mode = statement',
} as const;
type Mode = keyof typeof MODES;
const names = Object.keys(MODES) as Mode[];
const ports = await Promise.all(names.map(() => freePort()));
const portOf = (mode: Mode): number => ports[names.indexOf(mode)]!;
const POSTGRES_PASSWORD = 'of-the-administrator';
const env = { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD };
const entry = (mode: Mode) => ({
  entry: {
    stack: 'server' as const,
    server: { host: '127.0.0.1', port: portOf(mode), tls: 'disable' as const },
  },
  env,
});

/** pgbouncer of Debian, as it comes: a session of the server goes to whoever comes next. */
describe('behind a pooler', () => {
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      by_session: entry('session'),
      untidied: entry('untidied'),
      by_transaction: entry('transaction'),
      by_statement: entry('statement'),
      other_password: { ...entry('session'), env: { ...env, POSTGRES_PASSWORD: 'of-somebody-else' } },
    },
  });
  const poolers: ReturnType<typeof spawn>[] = [];

  beforeAll(async () => {
    await scratch.mustTask(`up ENV=${MANAGED}`);
    const folder = join(scratch.outside, 'poolers');
    mkdirSync(folder, { recursive: true });
    for (const path of [scratch.outside, folder]) chmodSync(path, 0o755);
    writeFileSync(join(folder, 'users.txt'), `"administrator" "${POSTGRES_PASSWORD}"\n`);
    for (const mode of names) {
      const file = join(folder, `${mode}.ini`);
      const settings = [
        `[databases]\n* = host=127.0.0.1 port=${scratch.server(MANAGED).port}`,
        `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${portOf(mode)}\nunix_socket_dir =`,
        `${MODES[mode]}\nauth_type = scram-sha-256\nauth_file = ${join(folder, 'users.txt')}`,
        'ignore_startup_parameters = extra_float_digits,options\nserver_login_retry = 1',
      ];
      writeFileSync(file, `${settings.join('\n')}\n`);
      // It does not run as root.
      const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
      const pooler = spawn('pgbouncer', [...user, file], { stdio: ['ignore', 'ignore', 'pipe'] });
      poolers.push(pooler);
      for await (const text of pooler.stderr) if (String(text).includes('process up')) break;
    }
  }, PATIENCE);
  afterAll(async () => {
    for (const pooler of poolers) {
      const ended = once(pooler, 'exit');
      if (pooler.kill()) await ended;
    }
  });

  /** What is left in the sessions that a pooler keeps. */
  const left = async (mode: Mode): Promise<string[]> => {
    const found = await Promise.all(
      ['core', 'postgres'].map((database) =>
        leftInPool(async () => {
          const client = new pg.Client({
            ...{ host: '127.0.0.1', port: portOf(mode), user: 'administrator', password: POSTGRES_PASSWORD },
            ...{ database, ssl: false },
          });
          await client.connect();
          return client;
        }),
      ),
    );
    return found.flat();
  };

  test('that keeps a session for each client, all works', async () => {
    await scratch.mustTask('up ENV=by_session');
    const { stderr } = await scratch.mustTask('db-reset-db-env ENV=by_session WAIT=0');
    expect(stderr).toContain('[ok] by_session');
    await scratch.mustTask('backup ENV=by_session');
    expect(await left('session')).toEqual([]);
  });

  test('and nothing of ours is left in the sessions of one that does not tidy them', async () => {
    await scratch.mustTask('db-mark-env ENV=untidied REPLACE=by_session');
    await scratch.mustTask('db-reset-db-env ENV=untidied WAIT=0');
    expect(await left('untidied')).toEqual([]);
    await scratch.mustTask('db-mark-env ENV=by_session REPLACE=untidied');
  });

  test('and a long wait is no lost session; who holds the lock is named', async () => {
    const client = await connect(scratch, { environment: MANAGED, user: 'administrator', database: 'core' });
    await client.query(`CREATE TABLE held (n int); SET application_name TO 'psql'`);
    await client.query('BEGIN; LOCK TABLE held');
    scratch.write('some.sql', 'INSERT INTO held VALUES (1);\n');
    const limits: LimitsOrder = {
      file: scratch.path('lib/system/limits.ts'),
      seconds: { sessionSilence: 2 },
    };
    const [node, ...words] = scratch.taskCommand('db-apply-env ENV=by_session SQL=some.sql WAIT=0');
    const command = [node!, ...words.slice(0, 2), '--require', LIMITS_PRELOAD, ...words.slice(2)];
    const running = scratch.start(command, { env: { MAKESAFE_LIMITS: JSON.stringify(limits) } });
    // Twice its silence, and the second look.
    await running.printed(
      /waiting for a lock that psql of administrator holds \(process \d+ of the server, .* … (?:[6-9]|\d\d) s/,
    );
    await client.query('ROLLBACK');
    succeeded(await running.ended);
    await client.query('DROP TABLE held');
    await client.end();
  });

  test.each(['by_transaction', 'by_statement'])('that does not, %s is refused: 78', async (name) => {
    const client = await connect(scratch, { environment: MANAGED, user: 'administrator', database: 'core' });
    const oid = async (): Promise<unknown> =>
      (await client.query(`SELECT oid FROM pg_database WHERE datname = 'core'`)).rows;
    const before = await oid();
    for (const line of ['db-reset-db-env WAIT=0', 'db-bootstrap-roles-env', 'backup']) {
      const [task, ...words] = line.split(' ');
      const { status, stderr } = await scratch.runTask([task!, `ENV=${name}`, ...words]);
      expect(stderr).toContain('is a pooler that gives each transaction another session');
      expect(stderr).toContain('pool_mode = session');
      expect(status).toBe(78);
    }
    expect(await oid()).toEqual(before);
    await client.end();
  });

  test('and nothing was set in its sessions', async () => {
    expect(await left('transaction')).toEqual([]);
  });

  test('a wrong password is called one', async () => {
    const { stderr } = await scratch.runTask('db-bootstrap-roles-env ENV=other_password');
    expect(stderr).toContain('refuses the password of administrator');
  });
});
