import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { STANDBY, promote, startBalancer, startStandby, type Balancer } from '../helpers/replica.ts';
import { freePort } from '../helpers/free-port.ts';

const port = await freePort();
const POSTGRES_PASSWORD = 'of-the-administrator';
const env = { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD };
const entry = {
  stack: 'server',
  server: { host: '127.0.0.1', port, tls: 'disable' },
  alembicIni: 'app/backend/core_api/migrations/alembic.ini',
} as const;

describe('a primary and its standby', () => {
  const scratch = useEmbedded({
    environments: {
      [MANAGED]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      [STANDBY]: { ...managed, env: { ...managed.env, POSTGRES_PASSWORD } },
      vm_stg: { entry, env },
    },
  });
  let balancer: Balancer;

  const ask = async (environment: string, sql: string): Promise<string> => {
    const client = await connect(scratch, { environment, user: 'administrator', database: 'core' });
    try {
      const { rows } = await client.query<Record<string, string>>(sql);
      return Object.values(rows[0] ?? {}).join('|');
    } finally {
      await client.end();
    }
  };
  const KEPT = `SELECT oid, (SELECT count(*) FROM kept) FROM pg_database WHERE datname = 'core'`;

  beforeAll(async () => {
    await scratch.mustTask(`up ENV=${MANAGED}`);
    balancer = await startBalancer(port, scratch.server(MANAGED).port);
    await scratch.mustTask('up ENV=vm_stg');
    await ask(MANAGED, 'CREATE TABLE kept AS SELECT 1 AS n');
    await startStandby(scratch);
    balancer.turn(scratch.server(STANDBY).port);
  }, PATIENCE);

  test.each([
    'db-reset-db-env WAIT=0',
    'db-rebuild-env METHOD=db WAIT=0',
    'db-bootstrap-roles-env',
    'al-up-env',
    'al-down-env WAIT=0',
    'al-stamp-env REV=head WAIT=0',
    'db-mark-env REPLACE=vm_stg',
  ])('%s is refused on the standby before anything happens: 77', async (line) => {
    const before = await ask(MANAGED, KEPT);
    const [task, ...words] = line.split(' ');
    const { status, stderr } = await scratch.runTask([task!, 'ENV=vm_stg', ...words]);
    expect(stderr).toContain('the server is a standby: it takes no changes; it follows 127.0.0.1:');
    expect(stderr).toContain('[next] have the address lead to the primary');
    expect(stderr).not.toContain('this will be destroyed');
    expect(status).toBe(77);
    expect(await ask(MANAGED, KEPT)).toBe(before);
  });

  test.each(['db-dump-schema-env OUT=-', 'backup'])('%s reads the standby', async (line) => {
    const [task, ...words] = line.split(' ');
    await scratch.mustTask([task!, 'ENV=vm_stg', ...words].join(' '));
  });

  test('a lock that is lost during the countdown refuses: 77', async () => {
    balancer.turn(scratch.server(MANAGED).port);
    const before = await ask(MANAGED, KEPT);
    const running = scratch.startTask('db-reset-db-env ENV=vm_stg WAIT=3');
    await running.printed('sessions');
    running.interrupt('SIGSTOP');
    const ended = await ask(
      MANAGED,
      `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name LIKE 'makesafe db-reset-db-env by %'`,
    );
    running.interrupt('SIGCONT');
    const { status, stderr } = await running.ended;
    expect(ended).toBe('1');
    expect(stderr).toContain('the session that held the lock on vm_stg was lost');
    expect(status).toBe(77);
    expect(await ask(MANAGED, KEPT)).toBe(before);
  });

  test('a failover during the countdown is a change: 77, and both have their data', async () => {
    balancer.turn(scratch.server(MANAGED).port);
    const running = scratch.startTask('db-reset-db-env ENV=vm_stg WAIT=3');
    await running.printed('sessions');
    // The countdown stands still until it has happened.
    running.interrupt('SIGSTOP');
    await promote(scratch);
    balancer.turn(scratch.server(STANDBY).port);
    running.interrupt('SIGCONT');
    const { status, stderr } = await running.ended;
    expect(stderr).toContain('primary: timeline 1 → timeline 2');
    expect(status).toBe(77);
    for (const environment of [MANAGED, STANDBY]) expect(await ask(environment, KEPT)).toMatch(/\|1$/);
  });
});
