import { copyFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import type { ServerEntry } from '../../lib/environment/server-entry.ts';
import { ENVIRONMENT, leadTo } from '../helpers/cluster.ts';
import { sampleOf } from '../helpers/commit.ts';
import { PATIENCE, type EmbeddedScratch } from '../helpers/embedded.ts';

const ENV = `ENV=${ENVIRONMENT}`;
const HEAD = '20251211_140000000';
export const ROLES_SCRIPT = 'some-roles.sql';
const ROLES = `DO $$ BEGIN CREATE ROLE some_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
COMMENT ON ROLE some_reader IS 'of a test';
`;

/** What is run, before which statement the standby falls silent, and what is in use when nobody waits for it any more. */
const MOMENTS = {
  'a database that is made': ['db-reset-db-env WAIT=0', /CREATE DATABASE/, 'old'],
  'the exchange': ['db-reset-db-env WAIT=0', /RENAME TO "?core__old/, 'new'],
  'the drop of the old one': ['db-reset-db-env WAIT=0', /DROP DATABASE "?core__old__gone/, 'new'],
  'the COPY of a restore': ['restore-from-dump DUMP=some.dump WAIT=0', /COPY .* FROM/i, 'old'],
  'a migration': ['al-up-env', /UPDATE .*alembic_version/i, 'revision'],
  'a script of roles': ['db-bootstrap-roles-env', /COMMENT ON ROLE/, undefined],
  'a script': ['db-apply-env SQL=some.sql WAIT=0', /CREATE TABLE made/, undefined],
  'a marker': ['db-mark-env REPLACE=vm_other', /COMMENT ON DATABASE/, undefined],
} as const;
type Moment = keyof typeof MOMENTS;

const CELLS = (['past the limit', 'Ctrl-C'] as const).flatMap((how) =>
  (Object.keys(MOMENTS) as Moment[]).map((moment) => ({ how, moment })),
);

/** A server with a synchronous standby. */
export interface Awaiting {
  /** The way to it, without a standby's silence. */
  readonly server: () => ServerEntry;
  /** The next time that a client sends something that matches, `happens` runs before it arrives. */
  readonly before: (pattern: RegExp, happens: () => Promise<void>) => void;
  /** From now on each commit waits. */
  readonly silence: () => Promise<void>;
  /** From now on none does. */
  readonly heal: () => Promise<void>;
  /** The first value of an administrator's question, or statement, who waits for no standby. */
  readonly ask: (sql: string, database?: string) => Promise<string>;
  /** synchronous_standby_names, as the screen shows it. */
  readonly names: string;
}

/**
 * A commit that a synchronous standby has to confirm, and does not: each task at each moment gives up at its limit or by
 * Ctrl-C, says what is in use, and ends well once a standby answers.
 *
 * All cells by `STANDBYS=all`; some in CI, others with each commit.
 */
export function silentStandbySuite(scratch: EmbeddedScratch, count: number, server: Awaiting): void {
  const chosen = process.env['STANDBYS'] === 'all' ? CELLS : sampleOf(CELLS, count);
  const waits = (standbyWait: number | false): void => leadTo(scratch, server.server(), { standbyWait });
  const isOther = (): Promise<string> =>
    server.ask(`COMMENT ON DATABASE core IS 'makesafe.environment=vm_other'`);
  const state = async () => ({
    databases: await server.ask(
      `SELECT string_agg(datname, ',' ORDER BY 1) FROM pg_database WHERE datname LIKE 'core%'`,
    ),
    oid: await server.ask(`SELECT oid FROM pg_database WHERE datname = 'core' AND datallowconn`),
  });
  const revision = (): Promise<string> => server.ask('SELECT max(version_num) FROM alembic_version', 'core');

  beforeAll(async () => {
    scratch.write(ROLES_SCRIPT, ROLES);
    scratch.write('some.sql', 'CREATE TABLE made (n int);\nDROP TABLE made;\n');
    waits(60);
    await scratch.mustTask(`up ${ENV}`);
    await scratch.mustTask(`al-up-env ${ENV}`);
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    for (const end of ['', '.json'])
      copyFileSync(scratch.path(`${stdout.trim()}${end}`), scratch.path(`some.dump${end}`));
  }, PATIENCE);

  /** Begins the task; from the moment's statement on, no commit is confirmed. */
  const during = async (moment: Moment) => {
    const [task, statement] = MOMENTS[moment];
    if (moment === 'a migration') await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    if (moment === 'a marker') await isOther();
    const before = await state();
    server.before(statement, server.silence);
    return { before, running: scratch.startTask([...task.split(' '), ENV]) };
  };

  const checkState = async (
    moment: Moment,
    before: Awaited<ReturnType<typeof state>>,
    stderr: string,
  ): Promise<void> => {
    const [, , inUse] = MOMENTS[moment];
    const after = await state();
    expect(after.oid, stderr).not.toBe('');
    // A task leaves two seconds after Ctrl-C: what a busy machine has not removed by then, it names.
    for (const name of after.databases.split(',').filter((one) => one !== 'core'))
      expect(stderr).toMatch(
        new RegExp(`left behind: (?:the old database, as )?(?:core__\\S*, or )?${name}[ ,]`),
      );
    if (inUse === 'old') {
      expect(stderr).toContain('the old database core is in use, unchanged');
      expect(after.oid).toBe(before.oid);
    } else if (inUse === 'new') {
      expect(stderr).toContain('the new database core is in use');
      expect(stderr).toContain('no standby has confirmed');
      expect(after.oid).not.toBe(before.oid);
    } else if (inUse === 'revision') expect(stderr).toContain(await revision());
  };

  const endsWell = async (moment: Moment): Promise<void> => {
    await server.heal();
    const [task] = MOMENTS[moment];
    if (moment === 'a marker') await isOther();
    await scratch.mustTask([...task.split(' '), ENV]);
    expect((await state()).databases).toBe('core');
    if (moment === 'a migration') expect(await revision()).toBe(HEAD);
  };

  const past = async (moment: Moment): Promise<void> => {
    waits(3);
    const { before, running } = await during(moment);
    await running.printed(
      new RegExp(`a standby to confirm, 3 s at most \\(synchronous_standby_names is ${server.names}; `),
    );
    const { status, stderr } = await running.ended;
    expect(stderr).toMatch(
      new RegExp(
        `no standby has confirmed a commit within 3 s \\(standbyWait; synchronous_standby_names is ${server.names}\\)`,
      ),
    );
    expect(stderr).toContain('[next] have a standby answer (pg_stat_replication lists those that are there)');
    expect(stderr).not.toContain('[ok]');
    await checkState(moment, before, stderr);
    expect(status, stderr).toBe(69);
    await endsWell(moment);
  };

  const cancelled = async (moment: Moment): Promise<void> => {
    waits(false);
    const { before, running } = await during(moment);
    await running.printed(
      new RegExp(`a standby to confirm \\(synchronous_standby_names is ${server.names}; `),
    );
    running.interrupt();
    const { status, stderr } = await running.ended;
    expect(stderr).not.toContain('once more');
    if (moment !== 'a migration') await checkState(moment, before, stderr);
    expect(status, stderr).toBe(130);
    await endsWell(moment);
  };

  test.each(chosen.map(({ how, moment }) => [moment, how, { how, moment }] as const))(
    '%s, %s: it ends, and what is in use is said',
    (_moment, _how, cell) => (cell.how === 'past the limit' ? past : cancelled)(cell.moment),
  );
}
