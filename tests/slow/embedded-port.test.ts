import { cpSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { beforeAll, describe, expect, test } from 'vitest';
import { PATIENCE, listen, localAsker, useEmbedded } from '../helpers/embedded.ts';
import { must } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';

describe('the port', () => {
  const twin = { POSTGRES_USER: 'app_demo', POSTGRES_DB: 'core_demo', POSTGRES_PASSWORD: 'the-same' };
  const scratch = useEmbedded({
    environments: { twin: { entry: { stack: 'embedded', alembicIni: 'app/alembic.ini' }, env: twin } },
  });
  const db = localAsker(scratch);
  const other = localAsker(scratch, 'twin');

  beforeAll(async () => {
    scratch.write('secrets/.env.local_demo.secrets', 'POSTGRES_PASSWORD=the-same\n', 0o600);
    await scratch.mustTask(`up ${ENV}`);
    await db.sql('CREATE TABLE ours AS SELECT 42 AS x');
  }, PATIENCE);

  test('is open on the loopback only', async () => {
    const { port } = scratch.server();
    expect(listeners(port)).toEqual(['127.0.0.1']);
    const others = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
    for (const { address, internal, family } of others) {
      if (internal || family !== 'IPv4') continue;
      await expect(must(['bash', '-c', `exec 3<>/dev/tcp/${address}/${port}`])).rejects.toThrow('refused');
    }
    // Nor on a socket file, which others on the machine could reach.
    expect(await db.sql('SHOW unix_socket_directories')).toBe('');
  });

  test('wants the password', async () => {
    const words = await db.sql(`SELECT DISTINCT auth_method FROM pg_hba_file_rules`);
    expect(words).toBe('scram-sha-256');
  });

  test('is kept, and given up to another program that has taken it', async () => {
    const { port } = scratch.server();
    await scratch.mustTask(`restart ${ENV}`);
    expect(scratch.server().port).toBe(port);

    await scratch.mustTask(`down ${ENV}`);
    const connections = await listen(port);
    const { stderr } = await scratch.mustTask(`up ${ENV}`);
    expect(scratch.server().port).not.toBe(port);
    expect(stderr).toContain(`127.0.0.1:${scratch.server().port}`);
    expect(await db.sql('SELECT x FROM ours')).toBe('42');
    expect(connections()).toBe(0);
  });

  test('of a killed server that another PostgreSQL has taken, with the same credentials, reaches neither', async () => {
    const { port } = scratch.server();
    await scratch.killServer();
    scratch.write('.embedded/twin/port', `${port}\n`);
    await scratch.mustTask('up ENV=twin');
    expect(scratch.server('twin').port).toBe(port);
    await other.sql('CREATE TABLE theirs AS SELECT 1 AS x');

    const words = ['al-up-env', 'db-dump-schema-env OUT=-', 'db-reset-db-env WAIT=0'];
    const runs = await Promise.all(words.map((word) => scratch.runTask(`${word} ${ENV}`)));
    for (const [at, { status, stdout, stderr }] of runs.entries()) {
      expect(stdout + stderr, words[at]).toContain('is not running');
      expect(status, words[at]).toBe(69);
      expect(stdout, words[at]).not.toContain('theirs');
    }
    expect(await other.sql(`SELECT count(*) FROM pg_roles WHERE rolname = 'app_readonly'`)).toBe('0');

    await scratch.mustTask(`up ${ENV}`);
    expect(scratch.server().port).not.toBe(port);
    expect(await db.sql('SELECT x FROM ours')).toBe('42');
    expect(await other.sql('SELECT x FROM theirs')).toBe('1');
    // Each stops its own.
    await scratch.mustTask(`down ${ENV}`);
    expect(await other.sql('SELECT x FROM theirs')).toBe('1');
  });
});

describe('two clones side by side', () => {
  const one = useEmbedded();
  const two = useEmbedded();

  test('have their own data and ports, and stop only their own', async () => {
    await Promise.all([one, two].map((clone) => clone.mustTask(`up ${ENV}`)));
    expect(one.server().port).not.toBe(two.server().port);
    await localAsker(one).sql('CREATE TABLE of_one ()');
    expect(await localAsker(two).sql(`SELECT to_regclass('of_one') IS NULL`)).toBe('t');
    await two.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    expect(await localAsker(one).sql(`SELECT to_regclass('of_one') IS NOT NULL`)).toBe('t');
  });

  test('also when one was copied from the other while it ran', async () => {
    cpSync(one.path('.embedded'), two.path('.embedded'), { recursive: true });
    cpSync(one.path('secrets'), two.path('secrets'), { recursive: true });
    expect((await two.runTask(`health ${ENV}`)).stdout).toMatch(/^✗ db +stopped/m);
    await two.mustTask(`down ${ENV}`);
    await two.mustTask(`up ${ENV}`);
    expect(two.server().port).not.toBe(one.server().port);
    await two.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    expect(await localAsker(one).sql(`SELECT to_regclass('of_one') IS NOT NULL`)).toBe('t');
  });
});

/** Addresses on which somebody listens on a port, of any protocol. */
function listeners(port: number): string[] {
  const listening = '0A';
  return ['tcp', 'tcp6'].flatMap((file) =>
    readFileSync(`/proc/net/${file}`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local, , state]) => state === listening && parseInt(local!.split(':')[1]!, 16) === port)
      .map(([, local]) => (local!.startsWith('0100007F') ? '127.0.0.1' : local!)),
  );
}
