import { afterEach, describe, expect, test } from 'vitest';
import {
  APP,
  ENVIRONMENT,
  leadTo,
  throughHosts,
  throughPort,
  useCluster,
  type ClusterNode,
} from '../helpers/cluster.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { leftInPool } from '../helpers/pooled.ts';
import type { Ran } from '../helpers/processes.ts';

const ENV = `ENV=${ENVIRONMENT}`;
const { scratch, cluster, addresses } = await useCluster(throughHosts);

describe('an environment on a cluster', () => {
  const at = ({ port }: ClusterNode): string => `localhost:${port}`;
  const oid = async (node: ClusterNode): Promise<string> =>
    cluster.ask(node, `SELECT oid FROM pg_database WHERE datname = 'core'`);

  /** Runs a reset that stands still during its countdown until something has happened. */
  const duringTheCountdown = async (happens: () => Promise<unknown>): Promise<Ran> => {
    const running = scratch.startTask(`db-reset-db-env ${ENV} WAIT=2`);
    await running.printed('sessions ');
    running.interrupt('SIGSTOP');
    await happens();
    running.interrupt('SIGCONT');
    return running.ended;
  };

  afterEach(async () => {
    await cluster.heal();
    leadTo(scratch, throughHosts(addresses));
  }, PATIENCE);

  test('the writable one is taken, also where it is not the first', async () => {
    const first = await cluster.primary();
    await cluster.switchover();
    await cluster.elected(first);
    await cluster.whole();
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const reset = await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    const primary = await cluster.primary();
    expect(reset.stderr).toMatch(
      new RegExp(`^ +server +${at(primary)}, TLS verify-full, .*, timeline 2$`, 'm'),
    );
    expect(reset.stderr.match(/standby, \S+ (?:\S+ )?behind$/gm)).toHaveLength(2);
    expect(reset.stderr).toContain(`${at(primary)} primary, timeline 2`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    expect((await scratch.mustTask(`al-cur-env ${ENV}`)).stdout).toContain('head');
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    await scratch.mustTask(['restore-from-dump', ENV, `DUMP=${stdout.trim()}`, 'WAIT=0']);
    await scratch.mustTask(`db-bootstrap-roles-env ${ENV}`);
  });

  const RUNBOOK = [
    'up',
    'db-reset-db-env WAIT=0',
    'al-up-env',
    'al-cur-env CHECK=1',
    'db-bootstrap-roles-env',
    'backup',
    'db-rebuild-env METHOD=db WAIT=0',
  ];

  test.each([
    ['HAProxy', addresses.balancer],
    ['a pooler that keeps a session for each client', addresses.poolers.session],
  ])('through %s as well', async (_way, port) => {
    leadTo(scratch, throughPort(port));
    for (const line of RUNBOOK) {
      const [task, ...words] = line.split(' ');
      await scratch.mustTask([task!, ENV, ...words]);
    }
  });

  test('and the pooler gets its sessions back as it has lent them', async () => {
    expect(await leftInPool(() => cluster.connect({ port: addresses.poolers.session }, APP))).toEqual([]);
  });

  test('check and ps say what each one is', async () => {
    const primary = await cluster.primary();
    const { stdout } = await scratch.runTask(`check ${ENV}`);
    expect(stdout).toContain(`${at(primary)} primary, timeline`);
    expect(stdout.match(/standby, \S+ (?:\S+ )?behind/g)).toHaveLength(2);
    expect((await scratch.mustTask(`ps ${ENV}`)).stdout.match(/standby/g)).toHaveLength(2);
  });

  test('one that does not answer is named, and the others go on', async () => {
    const primary = await cluster.primary();
    const other = cluster.nodes.find((node) => node !== primary)!;
    await cluster.kill(other);
    const { stdout } = await scratch.runTask(`check ${ENV}`);
    expect(stdout).toContain(`see why ${at(other)} does not answer`);
    const { stderr } = await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    expect(stderr).toContain(`${at(other)} does not answer`);
  });

  test('another primary than was shown: 77', async () => {
    const primary = await cluster.primary();
    const before = await oid(primary);
    const { status, stderr } = await duringTheCountdown(async () => {
      await cluster.switchover();
      await cluster.elected(primary);
      await cluster.whole();
    });
    const now = await cluster.primary();
    expect(stderr).toContain(`server: ${at(primary)}, TLS verify-full → ${at(now)}, TLS verify-full`);
    expect(stderr).toMatch(/primary: timeline \d+ → timeline \d+/);
    expect(status).toBe(77);
    expect(await oid(now)).toBe(before);
  });

  describe('a primary that was cut off, and does not know', () => {
    test.each([
      ['its hosts are named', throughHosts(addresses)],
      ['Patroni is asked as well', throughHosts(addresses, true)],
      ['HAProxy alone', throughPort(addresses.balancer)],
    ] as const)('%s: 77, and both have their data', async (way, server) => {
      leadTo(scratch, server);
      const former = await cluster.primary();
      const before = await oid(former);
      let now = former;
      const { status, stderr } = await duringTheCountdown(async () => {
        await cluster.cut(former);
        now = await cluster.elected(former);
        // HAProxy turns when it has asked them.
        if (way === 'HAProxy alone')
          await expect
            .poll(() =>
              cluster.ask({ port: addresses.balancer }, 'SELECT inet_server_port()').catch(() => ''),
            )
            .toBe(String(now.port));
      });
      if (way === 'HAProxy alone') expect(stderr).toMatch(/primary: timeline \d+ → timeline \d+/);
      else {
        expect(stderr).toContain('there are 2 primaries: ');
        expect(stderr).toContain(`${at(former)} primary, timeline`);
        expect(stderr).toContain(`${at(now)} primary, timeline`);
      }
      expect(status, stderr).toBe(77);
      expect([await oid(former), await oid(now)]).toEqual([before, before]);
    });
  });

  test('the primary is none of them: 77', async () => {
    const primary = await cluster.primary();
    const standbys = cluster.nodes.filter((node) => node !== primary);
    leadTo(scratch, throughHosts({ ...addresses, nodes: standbys }));
    const { status, stderr } = await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`);
    expect(stderr).toContain('there is no primary');
    for (const node of standbys) expect(stderr).toContain(`${at(node)} standby`);
    expect(status).toBe(77);
  });
});
