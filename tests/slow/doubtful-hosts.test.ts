import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ENVIRONMENT, leadTo } from '../helpers/cluster.ts';
import { PATIENCE, connect, useEmbedded } from '../helpers/embedded.ts';
import { MANAGED, managed } from '../helpers/managed-server.ts';
import { STANDBY, startStandby } from '../helpers/replica.ts';
import { freePort } from '../helpers/free-port.ts';

const POSTGRES_PASSWORD = 'of-the-administrator';
const env = { POSTGRES_USER: 'administrator', POSTGRES_DB: 'core', POSTGRES_PASSWORD };
/** A server that has nothing to do with the two others. */
const FOREIGN = 'foreign';
/** The same, and nobody of us knows its password. */
const LOCKED = 'locked';
const servers = [MANAGED, STANDBY, FOREIGN, LOCKED];
const [nobody, nobodyElse] = [await freePort(), await freePort()];

/** What one of a cluster's hosts is: an environment's server, or a port where nothing is. */
type Host = string | number;

describe('hosts that no cluster has to keep: a managed server and its replica', () => {
  const scratch = useEmbedded({
    environments: {
      ...Object.fromEntries(
        servers.map((name) => [
          name,
          {
            ...managed,
            env: { ...managed.env, POSTGRES_PASSWORD: name === LOCKED ? 'other' : POSTGRES_PASSWORD },
          },
        ]),
      ),
      [ENVIRONMENT]: {
        entry: { stack: 'server', server: { host: '127.0.0.1', port: nobody, tls: 'disable' } },
        env,
      },
    },
  });
  let keeper: Server;
  /** Who keeps the cluster: answers 200 at /200, 503 at /503, and never at /never. */
  const status = (word: string): string =>
    `http://127.0.0.1:${(keeper.address() as AddressInfo).port}/${word}`;
  const portOf = (host: Host): number => (typeof host === 'number' ? host : scratch.server(host).port);
  const at = (host: Host): string => `127.0.0.1:${portOf(host)}`;
  const lead = (hosts: readonly Host[], words?: readonly string[]): void =>
    leadTo(scratch, {
      hosts: hosts.map((host) => ({ host: '127.0.0.1', port: portOf(host) })),
      ...(words && { status: words.map(status) }),
      tls: 'disable',
    });
  const oid = async (environment: string): Promise<string | undefined> => {
    const client = await connect(scratch, { environment, user: 'administrator', database: 'postgres' });
    try {
      const asked = `SELECT oid::text FROM pg_database WHERE datname = 'core'`;
      return (await client.query<{ oid: string }>(asked)).rows[0]?.oid;
    } finally {
      await client.end();
    }
  };

  beforeAll(async () => {
    keeper = createServer((request, response) => {
      if (request.url !== '/never') response.writeHead(Number(request.url!.slice(1))).end();
    });
    await new Promise<void>((resolve) => keeper.listen(0, '127.0.0.1', resolve));
    await scratch.mustTask(`up ENV=${MANAGED}`);
    await startStandby(scratch);
    for (const name of [FOREIGN, LOCKED]) await scratch.mustTask(`up ENV=${name}`);
    lead([MANAGED]);
    await scratch.mustTask(`up ENV=${ENVIRONMENT}`);
  }, PATIENCE);
  afterAll(() => {
    keeper.closeAllConnections();
    keeper.close();
  });

  test.each<[what: string, hosts: Host[], words?: string[]]>([
    ['a primary and its standby, nobody asked besides', [STANDBY, MANAGED]],
    ['one alone', [MANAGED]],
    ['one of three does not answer', [nobody, STANDBY, MANAGED]],
    [
      'two of three do not, and its keeper says which one is the primary',
      [MANAGED, nobody, nobodyElse],
      ['200', '503', '503'],
    ],
    ['its keeper does not answer for the others', [MANAGED, STANDBY], ['200', 'never']],
  ])('%s: taken, and the others are shown', async (_what, hosts, words) => {
    lead(hosts, words);
    const before = await oid(MANAGED);
    const { stderr } = await scratch.mustTask(`db-reset-db-env ENV=${ENVIRONMENT} WAIT=0`);
    for (const host of hosts) expect(stderr).toContain(at(host));
    expect(stderr).not.toMatch(/does not answer.*does not answer/);
    expect(await oid(MANAGED)).not.toBe(before);
  });

  test.each<[what: string, hosts: Host[], why: string, words?: string[]]>([
    [
      'servers of two clusters',
      [MANAGED, FOREIGN],
      'the hosts are not one cluster: their system identifiers differ',
    ],
    ['a standby of another cluster', [FOREIGN, STANDBY], 'the hosts are not one cluster'],
    [
      'two of three do not answer',
      [MANAGED, nobody, nobodyElse],
      '2 of 3 hosts do not answer, and another primary may be among them',
    ],
    ['one does not, and another lets nobody in', [MANAGED, LOCKED, nobody], '2 of 3 hosts do not answer'],
    ['a standby, and a primary that does not answer', [STANDBY, nobody], 'there is no primary'],
    [
      'its keeper calls the other one',
      [MANAGED, STANDBY],
      'its status URL does not agree: 200 of',
      ['503', '200'],
    ],
    [
      'its keeper calls none',
      [MANAGED, STANDBY],
      'its status URL does not agree: none says 200',
      ['503', '503'],
    ],
    [
      'its keeper never answers',
      [MANAGED, STANDBY],
      'its status URL does not agree: none says 200',
      ['never', 'never'],
    ],
  ])('%s: refused (77), and nothing is touched', async (_what, hosts, why, words) => {
    lead(hosts, words);
    const before = await Promise.all([MANAGED, FOREIGN].map(oid));
    const [reset, check] = await Promise.all([
      scratch.runTask(`db-reset-db-env ENV=${ENVIRONMENT} WAIT=0`),
      scratch.runTask(`check ENV=${ENVIRONMENT}`),
    ]);
    expect(reset.stderr).toContain(why);
    expect(reset.stderr).toContain('nothing was touched');
    expect(reset.stderr).not.toMatch(/does not answer.*does not answer/);
    for (const host of hosts) expect(reset.stderr).toContain(at(host));
    expect(reset.status, reset.stderr).toBe(77);
    expect(check.stdout).toContain(why);
    expect(check.status).toBe(1);
    expect(await Promise.all([MANAGED, FOREIGN].map(oid))).toEqual(before);
  });

  test('none answers: 69, and each is named', async () => {
    lead([nobody, nobodyElse]);
    const { status: ended, stderr } = await scratch.runTask(`backup ENV=${ENVIRONMENT}`);
    for (const host of [nobody, nobodyElse]) expect(stderr).toContain(at(host));
    expect(ended, stderr).toBe(69);
  });
});
