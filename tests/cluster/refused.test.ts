import { beforeAll, describe, expect, test } from 'vitest';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { APP, ENVIRONMENT, leadTo, throughPort, useCluster } from '../helpers/cluster.ts';
import { PATIENCE } from '../helpers/embedded.ts';
import { leftInPool } from '../helpers/pooled.ts';

/** What changes nothing of the database: all others have to be refused, also one that is made tomorrow. */
const READS = [
  ...['backup', 'backups', 'check', 'config', 'db-diff-schema-env', 'db-dump-schema-env', 'db-verify-env'],
  ...['al-check', 'al-cur-env', 'al-heads-env', 'al-hist-env', 'health', 'help', 'journal', 'ps', 'psql'],
  // Nothing of a server that others run is stopped or started, and it has no logs and no containers.
  ...['down', 'logs', 'restart', 'rebuild', 'app-shell'],
  // It migrates a copy, on a server of its own.
  'al-rehearse-env',
  'db-saves-env',
  // With WALL=up it writes, and refuses a standby as well.
  'db-wall-env',
];

/** Values for parameters that have to be given. */
const GIVEN: Readonly<Record<string, string>> = {
  ...{ REV: 'head', SQL: 'some.sql', FILE: 'some.sql', DUMP: 'some.dump' },
};

const EXTRA: Readonly<Record<string, readonly string[]>> = {
  'db-rebuild-env': ['METHOD=db'],
  'db-mark-env': [`REPLACE=${ENVIRONMENT}`],
};

const writing = (await loadTasks()).filter(
  ({ name, definition: { environment } }) =>
    ['any', 'typed', 'name only'].includes(environment) && !READS.includes(name),
);

const { scratch, cluster, addresses } = await useCluster(({ balancer }) => throughPort(balancer), {
  seed: 'some.sql',
});

describe('what may write', () => {
  let before = '';

  const wordsOf = ({ name, parameters }: (typeof writing)[number]): string[] => [
    ...[name, `ENV=${ENVIRONMENT}`],
    ...('WAIT' in parameters ? ['WAIT=0'] : []),
    ...Object.entries(parameters)
      .filter(([one, { required }]) => required && one !== 'ENV')
      .map(([one]) => `${one}=${GIVEN[one] ?? 'x'}`),
    ...(EXTRA[name] ?? []),
  ];
  /** All databases and roles, and a table's rows. */
  const state = async (): Promise<string> => {
    const primary = await cluster.primary();
    const all = `SELECT (SELECT string_agg(concat(oid, datname, shobj_description(oid, 'pg_database')), ',' ORDER BY oid) FROM pg_database),
      (SELECT string_agg(rolname, ',' ORDER BY oid) FROM pg_roles)`;
    return `${await cluster.ask(primary, all)} ${await cluster.ask(primary, 'SELECT count(*) FROM kept', 'core')}`;
  };

  beforeAll(async () => {
    await cluster.keep();
    scratch.write('some.sql', 'CREATE TABLE made (n int);\n');
    const { stderr } = await scratch.mustTask(`backup ENV=${ENVIRONMENT}`);
    scratch.write('some.dump', '');
    await scratch.start(['cp', stderr.match(/backups\/\S+\.dump/)![0], 'some.dump']).ended;
    before = await state();
  }, PATIENCE);

  test('there is some', () => expect(writing.length).toBeGreaterThan(12));

  describe('is refused on a replica: 77', () => {
    beforeAll(() => leadTo(scratch, throughPort(addresses.replicas)));
    // `up` has nothing to write: the database is there, and marked.
    const here = writing.filter(({ name }) => name !== 'up');
    test.each(here.map((task) => [task.name, task] as const))('%s', async (_name, task) => {
      const { status, stderr } = await scratch.runTask(wordsOf(task));
      expect(stderr).toContain('the server is a standby');
      expect(stderr).not.toContain('this will be destroyed');
      expect(status, stderr).toBe(77);
      expect(await state()).toBe(before);
    });
  });

  describe('is refused behind a pooler that gives each transaction another session: 78', () => {
    beforeAll(() => leadTo(scratch, throughPort(addresses.poolers.transaction)));
    // What needs no session to be refused: 77.
    const here = writing.filter(({ name }) => name !== 'db-reset-volume-env');
    test.each(here.map((task) => [task.name, task] as const))('%s', async (_name, task) => {
      const { status, stderr } = await scratch.runTask(wordsOf(task));
      expect(stderr).toContain('is a pooler that gives each transaction another session');
      expect(status, stderr).toBe(78);
      expect(await state()).toBe(before);
    });

    test('and nothing of ours is left in its sessions', async () => {
      expect(await leftInPool(() => cluster.connect({ port: addresses.poolers.transaction }, APP))).toEqual(
        [],
      );
    });
  });
});
