import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, onTestFinished } from 'vitest';
import { parseFacts } from '../../lib/database/backup/backup-facts.ts';
import {
  ENVIRONMENT,
  leadTo,
  throughHosts,
  useCluster,
  useTaps,
  type ClusterNode,
} from '../helpers/cluster.ts';
import { PATIENCE } from '../helpers/embedded.ts';

const ENV = `ENV=${ENVIRONMENT}`;
const MANY = 20_000;
const ROWS = 'SELECT count(*) FROM kept';

const at = await useCluster(throughHosts);
const { scratch, cluster } = at;

describe("backups with backupFrom: 'standby'", () => {
  const taps = useTaps(at);

  const fromStandby = (maxReplayLag?: number, more = {}): void =>
    leadTo(
      scratch,
      {
        ...{ ...taps.hosts, backupFrom: 'standby' },
        ...(maxReplayLag === undefined ? {} : { maxReplayLag }),
      },
      { protected: false, ...more },
    );
  const standbys = async (): Promise<ClusterNode[]> => {
    const primary = await cluster.primary();
    return cluster.nodes.filter((node) => node !== primary);
  };
  /**
   * Stops or continues the process that replays WAL: Patroni resumes a replay that is paused, and takes
   * recovery_min_apply_delay away.
   */
  const replay = async (signal: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    for (const node of await standbys()) {
      const pid = await cluster.ask(node, `SELECT pid FROM pg_stat_activity WHERE backend_type = 'startup'`);
      process.kill(Number(pid), signal);
    }
  };
  const dumps = (): string[] =>
    readdirSync(join(scratch.root, 'backups')).filter((name) => name.endsWith('.dump'));
  const factsOf = (dump: string): NonNullable<ReturnType<typeof parseFacts>> =>
    parseFacts(scratch.read(`${dump}.json`))!;
  const insert = async (): Promise<string> => {
    const primary = await cluster.primary();
    await cluster.ask(primary, 'INSERT INTO kept VALUES (0)', 'core');
    return cluster.ask(primary, ROWS, 'core');
  };
  /** Takes a backup, and when a server is about to send the rows, something happens. */
  const whileItIsRead = async (happens: (read: ClusterNode) => Promise<unknown>) => {
    let read: ClusterNode | undefined;
    taps.before(/COPY .* TO/i, async (node) => {
      read = node!;
      await happens(read);
    });
    const before = dumps();
    const ended = await scratch.runTask(`backup ${ENV}`);
    expect(read, ended.stderr).toBeDefined();
    return { ...ended, made: dumps().filter((name) => !before.includes(name)) };
  };

  beforeAll(() => cluster.keep(MANY), PATIENCE);
  afterEach(() => cluster.heal(), PATIENCE);

  test('one is read, and has the row of a moment ago; its lag is on the screen and on record', async () => {
    fromStandby();
    const rows = await insert();
    const { stdout, stderr } = await scratch.mustTask(`backup ${ENV}`);
    const { standby, rows: dumped } = factsOf(stdout.trim());
    expect((await standbys()).map((node) => taps.nameOf(node))).toContain(standby!.server);
    expect(stderr).toContain(`read from ${standby!.server}, a standby: it was `);
    expect(standby!.replayLag).toBeLessThan(60);
    expect(String(dumped!['public.kept'])).toBe(rows);
  });

  test('above the limit: refused (77), and before something is destroyed as well', async () => {
    fromStandby(1);
    onTestFinished(() => replay('SIGCONT'));
    await replay('SIGSTOP');
    await insert();
    const before = dumps();
    const alone = await scratch.runTask(`backup ${ENV}`);
    expect(alone.stderr).toContain('no standby had replayed within 1 s what the primary had');
    expect(alone.status).toBe(77);
    fromStandby(1, { protected: true });
    const first = await scratch.runTask(`db-reset-db-env ${ENV} FORCE=1 WAIT=0 BACKUP_DIR=other`);
    expect(first.stderr).toContain('no backup could be taken first: no standby had replayed within 1 s');
    expect(first.status).toBe(77);
    expect(dumps()).toEqual(before);
  });

  test('a standby that dies in the middle: none (69)', async () => {
    fromStandby();
    const { status, stderr, made } = await whileItIsRead((read) => cluster.kill(read));
    expect(stderr).toContain('no backup was made');
    expect([status, made], stderr).toEqual([69, []]);
  });

  test('a recovery conflict in the middle: none, and how to let it end', async () => {
    fromStandby();
    const { status, stderr, made } = await whileItIsRead(async (read) => {
      await cluster.ask(read, `ALTER SYSTEM SET max_standby_streaming_delay = 0`);
      await cluster.ask(read, 'SELECT pg_reload_conf()');
      // pg_dump holds a lock on it, which the replay wants.
      await cluster.ask(await cluster.primary(), 'ALTER TABLE kept ADD COLUMN more int', 'core');
      await expect
        .poll(() =>
          cluster.ask(
            read,
            `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'makesafe pg_dump%'`,
          ),
        )
        .not.toBe('1');
    });
    expect(stderr).toContain('conflict with recovery');
    expect(stderr).toContain('max_standby_streaming_delay');
    expect(stderr).toContain('no backup was made');
    expect([status, made], stderr).toEqual([1, []]);
  });

  test('a standby that is promoted in the middle: whole, and said; or none', async () => {
    fromStandby();
    const former = await cluster.primary();
    const { status, stderr, made } = await whileItIsRead(async (read) => {
      await cluster.switchover(read);
      await cluster.elected(former);
    });
    if (status === 0) {
      expect(stderr).toContain('became the primary: the backup is whole');
      expect(factsOf(`backups/${made[0]!}`).rows!['public.kept']).toBeGreaterThanOrEqual(MANY);
    } else {
      expect(stderr).toContain('no backup was made');
      expect([status, made], stderr).toEqual([69, []]);
    }
  });
});
