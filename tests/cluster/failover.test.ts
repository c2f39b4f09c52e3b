import { copyFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  APP,
  ENVIRONMENT,
  freeAddresses,
  leadTo,
  onCluster,
  useCluster,
  type ClusterNode,
} from '../helpers/cluster.ts';
import { sampleOf } from '../helpers/commit.ts';
import { PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';
import { startTap, type Tap } from '../helpers/tap.ts';

const addresses = await freeAddresses();
const ENV = `ENV=${ENVIRONMENT}`;

const FAILURES = ['switchover', 'kill', 'cut'] as const;

const HEAD = '20251211_140000000';

/** What is run, and before which statement the primary changes: none is the countdown. */
const MOMENTS = {
  countdown: { line: `db-reset-db-env ${ENV} WAIT=2`, statement: undefined },
  build: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /CREATE DATABASE .*__new/ },
  exchange: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /RENAME TO/ },
  drop: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /DROP DATABASE .*__gone/ },
  'COPY of a restore': { line: `restore-from-dump ${ENV} DUMP=some.dump WAIT=0`, statement: /COPY .* FROM/i },
  'COPY of a backup': { line: `backup ${ENV}`, statement: /COPY .* TO/i },
  'inside a revision': { line: `al-up-env ${ENV}`, statement: /CREATE TABLE stg/i },
  'between revisions': { line: `al-up-env ${ENV}`, statement: /UPDATE .*alembic_version/i },
} as const;
type Moment = keyof typeof MOMENTS;

const WAYS = ['its hosts', 'HAProxy'] as const;

const CELLS = WAYS.flatMap((way) =>
  FAILURES.flatMap((failure) =>
    (Object.keys(MOMENTS) as Moment[]).map((moment) => ({ way, failure, moment })),
  ),
);
/** All 48 by `FAILOVERS=all npx vitest run --project cluster failover`; some in CI, others with each commit. */
const chosen = process.env['FAILOVERS'] === 'all' ? CELLS : sampleOf(CELLS, 3);

describe('the primary changes', () => {
  const scratch = useEmbedded(onCluster({ host: '127.0.0.1', tls: 'disable' }));
  const cluster = useCluster(scratch, addresses);
  let taps: Tap[] = [];

  const TABLE = 'CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n';
  const fact = async (
    node: ClusterNode,
  ): Promise<{ oid: string; open: string; kept: string; at: string }> => {
    const ask = (sql: string, database?: string): Promise<string> => cluster.ask(node, sql, database);
    const [oid, open] = (await ask(`SELECT oid, datallowconn FROM pg_database WHERE datname = 'core'`)).split(
      '|',
    );
    const kept = await ask(`SELECT to_regclass('public.kept')`, 'core');
    const versions = await ask(`SELECT to_regclass('public.alembic_version')`, 'core');
    const at = versions === '' ? '' : await ask('SELECT max(version_num) FROM alembic_version', 'core');
    return { oid: oid!, open: open!, kept, at };
  };

  const happen = async (failure: (typeof FAILURES)[number]): Promise<void> => {
    const former = await cluster.primary();
    await (failure === 'switchover' ? cluster.switchover() : cluster[failure](former));
    await cluster.elected(former);
  };

  const runDuring = async (
    moment: Moment,
    failure: (typeof FAILURES)[number],
  ): Promise<Ran & { readonly came: boolean }> => {
    const { line, statement } = MOMENTS[moment];
    if (statement === undefined) {
      const running = scratch.startTask(line);
      await running.printed('sessions ');
      running.interrupt('SIGSTOP');
      await happen(failure);
      running.interrupt('SIGCONT');
      return { ...(await running.ended), came: true };
    }
    const under: { happened?: Promise<void>; healed?: Promise<void> } = {};
    const change = (): Promise<void> => {
      under.happened = happen(failure);
      // It is healed while the task still looks at what has become of its work.
      under.healed = under.happened.then(() => cluster.heal());
      return under.happened;
    };
    for (const tap of taps) tap.before(statement, () => under.happened ?? change());
    const ended = await scratch.runTask(line);
    await under.healed;
    return { ...ended, came: under.healed !== undefined };
  };

  beforeAll(async () => {
    const [balanced, ...nodes] = await Promise.all(
      [addresses.balancer, ...addresses.nodes.map(({ port }) => port)].map(startTap),
    );
    taps = [balanced!, ...nodes];
    leadTo(scratch, { host: '127.0.0.1', port: addresses.balancer, tls: 'disable' });
    await scratch.mustTask(`up ${ENV}`);
    await make();
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    for (const end of ['', '.json'])
      copyFileSync(scratch.path(`${stdout.trim()}${end}`), scratch.path(`some.dump${end}`));
  }, PATIENCE);
  afterAll(() => taps.forEach((tap) => tap.close()));

  /** What is lost if the database is. */
  async function make(): Promise<void> {
    const primary = await cluster.primary();
    await cluster.ask(primary, TABLE, 'core');
    await cluster.ask(primary, `ALTER TABLE kept OWNER TO ${APP.POSTGRES_USER}`, 'core');
  }

  test.each(chosen.map((cell) => [`${cell.failure}, ${cell.moment}, through ${cell.way}`, cell] as const))(
    '%s',
    async (_name, { way, failure, moment }) => {
      const [balanced, ...nodes] = taps;
      leadTo(
        scratch,
        way === 'HAProxy'
          ? { host: '127.0.0.1', port: balanced!.port, tls: 'disable' }
          : { hosts: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), tls: 'disable' },
      );
      const migrates = MOMENTS[moment].line.startsWith('al-up');
      if (migrates) await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
      else await make();
      await cluster.whole();
      const before = await fact(await cluster.primary());

      const { status, stderr, came } = await runDuring(moment, failure);
      await cluster.heal();
      const after = await fact(await cluster.primary());

      expect(came, stderr).toBe(true);
      // Done, or refused, or lost: never that the work itself was wrong.
      expect([0, 69, 77], stderr).toContain(status);
      expect(after.open).toBe('true');
      if (migrates) {
        if (status === 0) expect(after.at).toBe(HEAD);
        else if (after.at !== '') expect(stderr).toContain(after.at);
      } else if (moment === 'COPY of a backup') expect(after.oid).toBe(before.oid);
      else {
        const isNew = after.oid !== before.oid;
        if (status === 0) expect(isNew, stderr).toBe(true);
        else if (status === 77) expect(isNew, stderr).toBe(false);
        else if (!stderr.includes('does not agree on its primary'))
          expect(stderr).toContain(
            isNew ? 'the new database core is in use' : 'the old database core is in use, unchanged',
          );
        if (!isNew) expect(after.kept).toBe('kept');
      }

      // The same line again.
      const again = await scratch.runTask(MOMENTS[moment].line);
      expect(again.status, again.stderr).toBe(0);
      const last = await fact(await cluster.primary());
      if (migrates) expect(last.at).toBe(HEAD);
      else if (moment.startsWith('COPY')) expect(last.kept).toBe('kept');
      else expect(last.kept).toBe('');
    },
  );
});
