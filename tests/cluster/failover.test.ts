import { copyFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  ENVIRONMENT,
  leadTo,
  throughPort,
  useCluster,
  useTaps,
  type ClusterNode,
} from '../helpers/cluster.ts';
import { sampleOf } from '../helpers/commit.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import type { Ran } from '../helpers/processes.ts';

const ENV = `ENV=${ENVIRONMENT}`;

const FAILURES = ['switchover', 'kill', 'cut'] as const;

const HEAD = '20251211_140000000';

/** What a client sends to begin a session, without our application_name. */
const SESSION_OF_ALEMBIC = /^.{4}\0\x03\0\0(?!.*makesafe).*database\0core\0/s;

interface Moment {
  /** What is run. */
  readonly line: string;
  /** Before what the primary changes: nothing is the countdown. */
  readonly statement?: RegExp;
  /** Whether the former primary is a standby by then. */
  readonly isStandby?: boolean;
}

const MOMENTS: Readonly<Record<string, Moment>> = {
  countdown: { line: `db-reset-db-env ${ENV} WAIT=2` },
  build: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /CREATE DATABASE .*__new/ },
  exchange: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /RENAME TO/ },
  drop: { line: `db-reset-db-env ${ENV} WAIT=0`, statement: /DROP DATABASE .*__gone/ },
  'COPY of a restore': { line: `restore-from-dump ${ENV} DUMP=some.dump WAIT=0`, statement: /COPY .* FROM/i },
  'COPY of a backup': { line: `backup ${ENV}`, statement: /COPY .* TO/i },
  'inside a revision': { line: `al-up-env ${ENV}`, statement: /CREATE TABLE stg/i },
  'between revisions': { line: `al-up-env ${ENV}`, statement: /UPDATE .*alembic_version/i },
  "before Alembic's session": { line: `al-up-env ${ENV}`, statement: SESSION_OF_ALEMBIC, isStandby: true },
};

const WAYS = ['its hosts', 'HAProxy'] as const;

const CELLS = WAYS.flatMap((way) =>
  FAILURES.flatMap((failure) =>
    Object.entries(MOMENTS).map(([moment, what]) => ({ way, failure, moment, what })),
  ),
);
/** All 54 by `FAILOVERS=all npx vitest run --project cluster failover`; some in CI, others with each commit. */
const chosen = process.env['FAILOVERS'] === 'all' ? CELLS : sampleOf(CELLS, 3);

const at = await useCluster(({ balancer }) => throughPort(balancer));
const { scratch, cluster } = at;

/** Where the cluster took longer to agree than a task waits, the message has the line that opens the database. */
async function openAgain(stderr: string): Promise<void> {
  if (!stderr.includes('could not be put back')) return;
  expect(stderr).toMatch(/\[next\] once the server answers: .*\bup\b.* ENV=vm_stg/);
  await scratch.mustTask(`up ${ENV}`);
}

describe('the primary changes', () => {
  const taps = useTaps(at);

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
    { line, statement, isStandby = false }: Moment,
    failure: (typeof FAILURES)[number],
  ): Promise<Ran & { readonly came: boolean }> => {
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
      return isStandby ? under.healed : under.happened;
    };
    taps.before(statement, () => under.happened ?? change());
    const ended = await scratch.runTask(line);
    await under.healed;
    return { ...ended, came: under.healed !== undefined };
  };

  beforeAll(async () => {
    await cluster.keep();
    const { stdout } = await scratch.mustTask(`backup ${ENV}`);
    for (const end of ['', '.json'])
      copyFileSync(scratch.path(`${stdout.trim()}${end}`), scratch.path(`some.dump${end}`));
  }, PATIENCE);

  test.each(chosen.map((cell) => [`${cell.failure}, ${cell.moment}, through ${cell.way}`, cell] as const))(
    '%s',
    async (_name, { way, failure, moment, what }) => {
      leadTo(scratch, way === 'HAProxy' ? taps.balanced : taps.hosts);
      const migrates = what.line.startsWith('al-up');
      if (migrates) await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
      else await cluster.keep();
      await cluster.whole();
      const before = await fact(await cluster.primary());

      const { status, stderr, came } = await runDuring(what, failure);
      await cluster.heal();
      await openAgain(stderr);
      const after = await fact(await cluster.primary()).catch((error: unknown) => {
        throw new Error(`${String(error)}, after:\n${stderr}`);
      });

      expect(came, stderr).toBe(true);
      // Done, or refused, or lost: never that the work itself was wrong. A migration's session does not outlive it.
      const outlives = !migrates || (what.isStandby && way === 'HAProxy');
      expect(outlives ? [0, 69, 77] : [69], stderr).toContain(status);
      expect(after.open).toBe('true');
      if (migrates) {
        if (status === 0) expect(after.at).toBe(HEAD);
        else if (status === 69 && stderr.includes('nothing was touched')) {
          expect(stderr).toMatch(/the server of core was restarted .* or another one became the primary/);
          expect(after.at).toBe('');
        } else if (status === 69) {
          expect(stderr).toMatch(
            what.isStandby && way === 'its hosts'
              ? /the server of the migration takes no changes any more: another one became the primary/
              : /the session of the migration was lost|the server of the migration takes no changes any more/,
          );
          expect(stderr).toContain(after.at === '' ? 'core has no revision' : after.at);
        }
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
      const again = await scratch.runTask(what.line);
      expect(again.status, again.stderr).toBe(0);
      const last = await fact(await cluster.primary());
      if (migrates) expect(last.at).toBe(HEAD);
      else if (moment.startsWith('COPY')) expect(last.kept).toBe('kept');
      else expect(last.kept).toBe('');
    },
  );
});

/** What is changed in a moment, and where in it the primary is cut off. All that it then takes is gone once it is healed. */
const LINES: readonly (readonly [line: string, statement: RegExp])[] = [
  ['db-mark-env REPLACE=vm_other', /COMMENT ON DATABASE/],
  ['db-bootstrap-roles-env', /some_reader IS/],
  ['db-apply-env SQL=some.sql WAIT=0', /CREATE TABLE made/],
  ['db-save-env NAME=cut', /CREATE DATABASE/],
  ['db-undo-env WAIT=0', /RENAME TO/],
  ['db-drop-old-env WAIT=0', /DROP DATABASE/],
];
const cuts = process.env['FAILOVERS'] === 'all' ? LINES : sampleOf(LINES, 1);

describe('the primary is cut off, and takes what it is told', () => {
  const taps = useTaps(at);

  // Through its hosts: HAProxy ends the session with the former primary by itself.
  test.each(cuts)('%s: no [ok], and the same again ends well', async (line, statement) => {
    const more = { rolesScript: 'roles.sql', undo: { hours: 24 } };
    leadTo(scratch, taps.hosts, more);
    taps.before(/(?!)/, () => Promise.resolve());
    scratch.write(
      'roles.sql',
      `DO $$ BEGIN CREATE ROLE some_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;\nCOMMENT ON ROLE some_reader IS 'x';\n`,
    );
    scratch.write('some.sql', 'CREATE TABLE made (n int);\nDROP TABLE made;\n');
    await cluster.whole();
    if (/undo|drop-old/.test(line)) await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
    if (line.startsWith('db-mark'))
      await cluster.ask(
        await cluster.primary(),
        `COMMENT ON DATABASE core IS 'makesafe.environment=vm_other'`,
      );
    let happened: Promise<void> | undefined;
    const cut = async (): Promise<void> => {
      const former = await cluster.primary();
      await cluster.cut(former);
      await cluster.elected(former);
    };
    // Of the first run; not of the second, which says the same.
    taps.before(statement, () => (happened ??= cut()));
    const { status, stderr, stdout } = await scratch.runTask(`${line} ${ENV}`);
    await cluster.heal();
    await openAgain(stderr);
    expect(happened, stderr).toBeDefined();
    expect(stderr + stdout).not.toContain('[ok]');
    expect(stderr).toMatch(/another (server|one) became the primary|is the primary no more|was lost/);
    expect(status, stderr).toBe(69);
    // Once it is healed, Patroni may also go on with the former primary: then it is done.
    const saved = await cluster.ask(
      await cluster.primary(),
      `SELECT count(*) FROM pg_database WHERE datname = 'core__save_cut'`,
    );
    const again = await scratch.runTask(`${line} ${ENV}`);
    if (saved === '1') expect(again.stderr).toContain('cut is saved already');
    else expect(again.status, again.stderr).toBe(0);
    await scratch.runTask(`db-drop-save-env NAME=cut ${ENV} WAIT=0`);
  });
});
