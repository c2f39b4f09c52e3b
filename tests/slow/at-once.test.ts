import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { localAsker, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';
import { revisionsIn } from '../helpers/revisions.ts';

const ENV = 'ENV=local_demo';
const ENV_PY = 'app/backend/core_api/migrations/alembic/env.py';
const HEAD = '20251211_140000000';

/** How often several begin at once. `AT_ONCE=100 npx vitest run --project slow at-once` shows it; a sample runs in CI. */
const ROUNDS = Number(process.env['AT_ONCE'] ?? 1);

/**
 * In autocommit the lock of the version table, which Alembic's transaction takes, holds nobody: there is only the lock of
 * the run. What a killed revision has left there is not ours to repair, so there not all is killed.
 */
const KINDS = {
  'in transactions': { env: (text: string) => text, killed: ['nobody', 'makesafe', 'all of it'] },
  'in autocommit': {
    env: (text: string) =>
      text.replace('poolclass=NullPool', 'poolclass=NullPool, isolation_level="AUTOCOMMIT"'),
    killed: ['nobody', 'makesafe'],
  },
} as const;

const SLEEP = 'SELECT pg_sleep(0.5)';
const IN_SLEEP = `SELECT count(*) FROM pg_stat_activity WHERE query = '${SLEEP}' AND state = 'active'`;

describe('of several al-up-env at once one migrates, the others wait and do nothing:', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const { revision } = revisionsIn(scratch);
  let usual: string;
  let at = HEAD;
  let made = 0;

  const start = (): Running => {
    const running = scratch.startTask(`al-up-env ${ENV}`);
    onTestFinished(async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    });
    return running;
  };

  beforeAll(async () => {
    usual = scratch.read(ENV_PY);
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    await sql('CREATE TABLE mart.ran (id text)');
  }, PATIENCE);

  /** Kills the run whose backend executes the revision's statement. @returns the others */
  async function killHolder(all: readonly Running[], id: string, what: string): Promise<readonly Running[]> {
    const holder = await Promise.any(all.map((one) => one.printed(`-> ${id}`).then(() => one)));
    await expect.poll(() => sql(IN_SLEEP), { interval: 5 }).toBe('1');
    if (what === 'makesafe') holder.child.kill('SIGKILL');
    else holder.interrupt('SIGKILL');
    await holder.ended;
    return all.filter((one) => one !== holder);
  }

  async function round(count: number, killed: string): Promise<void> {
    const id = `r${++made}`;
    // Not twice: a table that is there already is an error.
    revision(
      id,
      at,
      `op.execute("CREATE TABLE mart.${id} ()"); op.execute("${SLEEP}"); op.execute("INSERT INTO mart.ran VALUES ('${id}')")`,
    );
    const all = Array.from({ length: count }, start);
    const left = killed === 'nobody' ? all : await killHolder(all, id, killed);
    const ended = await Promise.all(left.map((one) => one.ended));
    const said = ended.map(({ status, stderr }) => `${status} ${stderr}`).join('\n');
    const how = (words: string): number => ended.filter(({ stderr }) => stderr.includes(words)).length;
    const migrated = how('[ok] local_demo: migrated to head');
    expect(migrated + how('[ok] local_demo: nothing to migrate, it is at head'), said).toBe(ended.length);
    // The Alembic of a makesafe that was killed goes on alone.
    expect(migrated, said).toBe(killed === 'makesafe' ? 0 : 1);
    expect(await sql(`SELECT count(*) FROM mart.ran WHERE id = '${id}'`), said).toBe('1');
    expect(await sql('SELECT version_num FROM alembic_version')).toBe(id);
    at = id;
  }

  describe.each(Object.entries(KINDS))('%s,', (_name, { env, killed }) => {
    const cases = killed.flatMap((what) => [2, 8].map((count) => [count, what] as const));

    test.each(cases)('%i at once, killed: %s', { timeout: ROUNDS * 120_000 }, async (count, what) => {
      scratch.write(ENV_PY, env(usual));
      for (let done = 0; done < ROUNDS; done++) await round(count, what);
    });
  });
});
