import { beforeAll, describe, expect, inject, test } from 'vitest';
import { sampleOf } from '../helpers/commit.ts';
import { databaseOnly } from '../helpers/compose-files.ts';
import { recordSteps, tryFault, type Subject } from '../helpers/fault-runs.ts';
import type { State, Step } from '../helpers/faults.ts';
import { docker, run, succeeded } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Milliseconds: with KILLS=all every step of every command is one of half a minute, and each starts the stack anew. */
const PATIENCE = 10_800_000;
const ALL = process.env['KILLS'] === 'all';

/** From then on nothing holds the volumes, or the database: they are tried each time, with whatever is typed next. */
const OPENS = /rm --force --volumes|DO \$wall\$/;

/** What may be typed next. */
const NEXT = ['ps', 'health', 'check', 'db-wall-env'];

describe.skipIf(inject('noEngine') !== '')('a command that is killed while it opens the wall', () => {
  const scratch = useScratch({
    only: [],
    environments: {
      prod: {
        compose: databaseOnly({ db: { volumes: ['data:/var/lib/postgresql/data'] }, volumes: { data: {} } }),
        entry: { protected: true },
      },
    },
  });
  const project = (): string => scratch.project('prod');
  const psql = async (statement: string, database = 'core'): Promise<string> => {
    const { status, stdout } = await run([
      ...[
        'docker',
        'exec',
        `${project()}-db-1`,
        'psql',
        '-XAtq',
        '-h',
        '127.0.0.1',
        '-U',
        'app',
        '-d',
        database,
      ],
      ...['-c', statement],
    ]);
    return status === 0 ? stdout.trim() : 'refused';
  };
  const volumes = (): Promise<string> => docker('volume', 'ls', '-q', '--filter', `name=${project()}_data`);
  /** The volumes that running containers of the wall mount. */
  const held = (): Promise<string> =>
    docker('ps', '--filter', `label=makesafe.wall=${project()}`, '--format', '{{.Mounts}}', '--no-trunc');
  const isThere = async (): Promise<boolean> => (await psql('SELECT 1', 'postgres')) === '1';
  /** Past the code under test. */
  const start = async (): Promise<void> => {
    const db = await docker('ps', '-aq', '--filter', `name=^${project()}-db-1$`);
    if (db === '') return;
    await docker('start', db);
    await expect.poll(isThere, { timeout: 120_000, interval: 100 }).toBe(true);
  };

  /** Whether no row can be lost by what is typed: of whatever there is. */
  async function isClosed(): Promise<string> {
    if ((await volumes()) === '') return 'closed';
    if (!(await held()).includes(`${project()}_data`)) return 'nothing holds the volume';
    if (!(await isThere())) await start();
    if (!(await isThere())) return 'closed';
    if ((await psql('DROP DATABASE core WITH (FORCE)', 'postgres')) !== 'refused')
      return 'the database could be dropped';
    await psql('CREATE TABLE IF NOT EXISTS tried (a int); INSERT INTO tried VALUES (1)');
    for (const statement of ['DROP TABLE tried', 'TRUNCATE tried', 'DROP SCHEMA public CASCADE'])
      if ((await psql(statement)) !== 'refused') return `the server took ${statement}`;
    return 'closed';
  }

  const subject = (command: string, isNew: () => Promise<boolean>): Subject => ({
    ...{ scratch, command },
    prepare: async () => {
      succeeded(await scratch.runTask('up ENV=prod'));
      succeeded(await scratch.runTask('db-wall-env ENV=prod WALL=up'));
      await psql('CREATE TABLE IF NOT EXISTS orders AS SELECT generate_series(1, 500) AS id');
    },
    inspect: async (): Promise<State> => ((await isNew()) ? 'new' : 'old'),
    settle: () => Promise.resolve(),
    restartServer: () => Promise.resolve(),
    fillDisk: undefined,
    cutSession: () => () => Promise.resolve(false),
  });

  describe.each([
    ['db-reset-volume-env ENV=prod FORCE=1 BACKUP=skip', async () => (await volumes()) === ''],
    [
      'db-reset-db-env ENV=prod FORCE=1 BACKUP=skip',
      async () => (await psql('SELECT FROM orders LIMIT 1')) === 'refused',
    ],
    ['db-drop-wall-env ENV=prod FORCE=1', async () => (await held()) === ''],
  ])('%s', { timeout: PATIENCE }, (command, isNew) => {
    const one = subject(command, isNew);
    let steps: Step[];
    beforeAll(async () => void (steps = await recordSteps(one)), PATIENCE);

    test(`the next command of any kind has it closed${ALL ? '' : ', a sample of the steps'}`, async () => {
      const open: string[] = [];
      const cells = steps.flatMap((step, index) =>
        OPENS.test(step.label)
          ? NEXT.map((next) => ({ step, next, opens: true }))
          : [{ step, next: NEXT[index % NEXT.length]!, opens: false }],
      );
      const opening = sampleOf(
        cells.filter(({ opens }) => opens),
        2,
      );
      const chosen = ALL ? cells : [...opening, ...sampleOf(cells, 3 - opening.length)];
      for (const [index, { step, next }] of chosen.entries()) {
        await one.prepare();
        const { met, said } = await tryFault(one, step, 'task killed');
        if (!met) open.push(`not killed at ${step.label}`);
        // It had done its work: nothing is open that a person has not asked for.
        if (said.includes('[ok] prod: ')) continue;
        const { stderr } = await scratch.runTask(`${next} ENV=prod`);
        const found = await isClosed();
        if (found !== 'closed') open.push(`${found}, after a kill at ${step.label} and ${next}:\n${stderr}`);
        if (ALL) console.log(`${index + 1} of ${chosen.length}: ${step.label}, ${next}: ${found}`);
      }
      console.log(`${command}: ${chosen.length} of ${cells.length} kills at ${steps.length} steps`);
      expect(open).toEqual([]);
    });
  });
});
