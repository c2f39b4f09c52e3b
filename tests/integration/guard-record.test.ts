import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { connect, isRunning, localAsker, moment, PATIENCE, useEmbedded } from '../helpers/embedded.ts';
import type { Running } from '../helpers/processes.ts';

const ENV = 'ENV=local_demo';

describe('one destructive run at a time, and all of them on record', () => {
  const scratch = useEmbedded();
  const { sql } = localAsker(scratch);
  const lock = (): string => scratch.path('journal/.local_demo.lock');
  const journal = (): Record<string, unknown>[] => {
    const file = scratch.path('journal/local_demo.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  /** A run in its countdown, which is ended with the test. */
  const waiting = async (words = `db-reset-db-env ${ENV} WAIT=600`): Promise<Running> => {
    const running = scratch.startTask(words);
    onTestFinished(async () => {
      running.child.kill('SIGKILL');
      await running.ended;
    });
    await running.printed('Starting in 600');
    return running;
  };
  /** A run in the middle of its action: another session holds what it wants to change. */
  const busy = async (): Promise<{ running: Running; release: () => Promise<void> }> => {
    const client = await connect(scratch, { database: 'postgres' });
    onTestFinished(() => client.end());
    await client.query('BEGIN; LOCK TABLE pg_database IN SHARE MODE');
    const running = scratch.startTask(`db-reset-db-env ${ENV} WAIT=0`);
    onTestFinished(() => void running.child.kill('SIGKILL'));
    await moment(() => journal().at(-1)?.['event'] === 'start');
    return { running, release: async () => void (await client.query('COMMIT')) };
  };

  beforeAll(() => scratch.mustTask(`up ${ENV}`), PATIENCE);

  describe('the lock', () => {
    test('the second run hears who holds it, since when, with which command; so does a dry run', async () => {
      const running = await waiting();
      const person = `${userInfo().username}@${hostname()}`;
      for (const words of ['db-reset-volume-env WAIT=0', 'al-down-env', 'db-reset-db-env DRY_RUN=1']) {
        const { status, stderr } = await scratch.runTask(`${words} ${ENV}`);
        expect(stderr).toMatch(
          new RegExp(
            `another run is at work on local_demo: db-reset-db-env by ${person} since \\d\\d:\\d\\d:\\d\\d \\(process ${running.child.pid}\\)`,
          ),
        );
        expect(stderr).not.toContain('Starting in');
        expect(status).toBe(77);
      }
      // What destroys nothing need not wait.
      await scratch.mustTask(`al-cur-env ${ENV}`);
      running.interrupt();
      await running.ended;
      expect(existsSync(lock())).toBe(false);
      expect(journal()).toEqual([]);
    });

    test('of a run that was killed is stale: the next one takes it', async () => {
      const running = await waiting();
      running.interrupt('SIGKILL');
      await running.ended;
      expect(existsSync(lock())).toBe(true);
      expect(isRunning(running.child.pid!)).toBe(false);
      const next = await waiting();
      expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: next.child.pid });
    });

    test('a dry run takes none', async () => {
      // What a killed run has left.
      rmSync(lock(), { force: true });
      await scratch.mustTask(`db-reset-db-env ${ENV} DRY_RUN=1`);
      expect(existsSync(lock())).toBe(false);
    });
  });

  describe('the journal', () => {
    let known: number;
    beforeEach(() => void (known = journal().length));
    const added = (): Record<string, unknown>[] => journal().slice(known);

    test('of a run that was done: who, what, how it was typed, what was met, and how it ended', async () => {
      await sql('CREATE TABLE kept AS SELECT 42 AS x');
      await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
      const [start, end] = added();
      expect(start).toMatchObject({
        ...{ event: 'start', user: userInfo().username, host: hostname(), environment: 'local_demo' },
        task: 'db-reset-db-env',
        parameters: {
          ENV: { value: 'local_demo', origin: 'command line' },
          WAIT: { value: 0, origin: 'command line' },
          FORCE: { value: false, origin: 'default' },
        },
        target: {
          database: 'core_demo',
          tables: 1,
          systemIdentifier: expect.stringMatching(/^\d+$/) as string,
        },
        ...{ backup: null, checks: expect.arrayContaining([expect.any(String)]) as string[] },
      });
      expect(end).toMatchObject({ event: 'end', run: start!['run'], outcome: 'done' });
      expect(Date.parse(end!['time'] as string)).toBeGreaterThanOrEqual(Date.parse(start!['time'] as string));
      expect(added()).toHaveLength(2);
    });

    test('of a run that failed: why', async () => {
      const { status } = await scratch.runTask(`al-stamp-env ${ENV} REV=nothing_like_it`);
      expect(status).not.toBe(0);
      expect(added()).toMatchObject([
        { event: 'start', task: 'al-stamp-env' },
        { event: 'end', outcome: 'failed', error: expect.stringMatching(/alembic/) as string },
      ]);
    });

    test(
      'is there before the action, and has no end when the run was killed',
      { timeout: PATIENCE },
      async () => {
        const { running, release } = await busy();
        expect(added()).toMatchObject([{ event: 'start' }]);
        running.child.kill('SIGKILL');
        await running.ended;
        await release();
        expect(added()).toHaveLength(1);
        const { stdout } = await scratch.mustTask(`journal ${ENV}`);
        expect(stdout.split('\n').at(-3)).toMatch(
          /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}no end +make db-reset-db-env ENV=local_demo WAIT=0$/,
        );
        // And what was left half way is no obstacle.
        await scratch.mustTask(`db-reset-db-env ${ENV} WAIT=0`);
      },
    );

    test('of a run that was cancelled half way', { timeout: PATIENCE }, async () => {
      const { running, release } = await busy();
      running.interrupt();
      await release();
      const { status } = await running.ended;
      expect(status).toBe(130);
      expect(added()).toMatchObject([{ event: 'start' }, { event: 'end', outcome: 'cancelled' }]);
      await scratch.mustTask(`up ${ENV}`);
    });

    test('is not written by what was refused, cancelled in time, or a dry run', async () => {
      await scratch.mustTask(`db-reset-db-env ${ENV} DRY_RUN=1`);
      await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`, { env: { PGHOST: 'x' } });
      const running = await waiting();
      running.interrupt();
      await running.ended;
      expect(added()).toEqual([]);
    });

    test('that cannot be written refuses: what is not on record is not done', async () => {
      await sql('CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS x');
      const folder = scratch.path('journal');
      renameSync(folder, `${folder}.aside`);
      // Not even root writes into a file as if it were a folder.
      scratch.write('journal', '');
      const { status, stderr } = await scratch.runTask(`db-reset-db-env ${ENV} WAIT=0`);
      rmSync(folder);
      renameSync(`${folder}.aside`, folder);
      expect(stderr).toContain('[error] the journal cannot be ');
      expect(stderr).toContain('journal');
      expect(status).toBe(77);
      expect(await sql('SELECT x FROM kept')).toBe('42');
      expect(added()).toEqual([]);
    });

    test('that has room for a part of the line refuses as well', async () => {
      // Two pages of memory, of which the lock takes one. Only this process and its children see them.
      const fill = 'head -c 3500 /dev/zero | tr "\\0" "\\n" > journal/local_demo.jsonl';
      const script = `mount -t tmpfs -o size=8k none journal && ${fill} && exec "$@"`;
      const unshare = ['unshare', '--mount', ...(process.getuid?.() === 0 ? [] : ['--map-root-user'])];
      const command = scratch.taskCommand(`db-reset-db-env ${ENV} WAIT=0`);
      const { status, stderr } = await scratch.start([...unshare, 'sh', '-c', script, 'sh', ...command])
        .ended;
      expect(stderr).toContain('[error] the journal cannot be written: ENOSPC');
      expect(status).toBe(77);
      expect(await sql('SELECT x FROM kept')).toBe('42');
    });
  });
});

describe('the marker', () => {
  const scratch = useEmbedded({ environments: { other: { entry: { stack: 'embedded' } } } });
  const { sql } = localAsker(scratch);
  const comment = (database = 'core_demo'): Promise<string> =>
    sql(
      `SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '${database}'`,
      'postgres',
    );
  const MARKER = 'makesafe.environment=local_demo';

  test.each([
    ['up', 'nothing'],
    ['db-bootstrap-roles-env', 'the text'],
    ['al-up-env', 'the text'],
    ['db-reset-db-env WAIT=0', 'the marked text'],
  ])('%s leaves it behind %s that is there', async (words, what) => {
    if (what === 'the text') await sql(`COMMENT ON DATABASE core_demo IS 'it''s the shop\n日本'`);
    await scratch.mustTask(`${words} ${ENV}`);
    expect(await comment()).toBe(what === 'nothing' ? MARKER : `it's the shop\n日本\n${MARKER}`);
  });

  test('db-mark-env shows it', async () => {
    const { stdout, stderr } = await scratch.mustTask(`db-mark-env ${ENV}`);
    expect(stdout).toBe('local_demo\n');
    expect(stderr).toContain('[ok] core_demo is marked for local_demo');
  });

  test('another one is refused by what would write it, and changed only by who types it', async () => {
    const other = `it's the shop\nmakesafe.environment=vm_prod`;
    await sql(`COMMENT ON DATABASE core_demo IS '${other.replace("'", "''")}'`);
    for (const words of ['up', 'db-bootstrap-roles-env', 'al-up-env', 'db-mark-env']) {
      const { status, stderr } = await scratch.runTask(`${words} ${ENV}`);
      expect(stderr, words).toContain('database core_demo is marked for vm_prod, and this is local_demo');
      expect(stderr).toContain(`db-mark-env.ts ${ENV} REPLACE=vm_prod`);
      expect(status, words).toBe(77);
    }
    for (const [words, env] of [
      ['REPLACE=vm_stg', {}],
      ['REPLACE=local_demo', {}],
      ['REPLACE=', {}],
      ['', { REPLACE: 'vm_prod' }],
    ] as [string, Record<string, string>][]) {
      const { status } = await scratch.runTask(`db-mark-env ${ENV} ${words}`, { env });
      expect(status, words).toBe(77);
    }
    const { stdout } = await scratch.mustTask(`db-mark-env ${ENV} REPLACE=vm_prod DRY_RUN=1`);
    expect(stdout).toContain('COMMENT ON DATABASE "core_demo" IS');
    expect(await comment()).toBe(other);

    const { stderr } = await scratch.mustTask(`db-mark-env ${ENV} REPLACE=vm_prod`);
    expect(stderr).toContain('core_demo is now marked for local_demo; before, for vm_prod');
    expect(await comment()).toBe(`it's the shop\n${MARKER}`);
  });

  test('where there is none, REPLACE has nothing to replace', async () => {
    await sql('COMMENT ON DATABASE core_demo IS NULL');
    const shown = await scratch.mustTask(`db-mark-env ${ENV}`);
    expect(shown.stdout.trim()).toBe('');
    expect(shown.stderr).toContain('core_demo is not marked yet');
    const { status, stderr } = await scratch.runTask(`db-mark-env ${ENV} REPLACE=local_demo`);
    expect(stderr).toContain('REPLACE=local_demo, but core_demo is not marked; nothing was changed');
    expect(status).toBe(77);
  });

  test('a new data directory is marked by the next up', async () => {
    await scratch.mustTask(`db-reset-volume-env ${ENV} WAIT=0`);
    await scratch.mustTask(`up ${ENV}`);
    expect(await comment()).toBe(MARKER);
  });

  test(
    'a backup restored into another environment does not carry it along',
    { timeout: PATIENCE },
    async () => {
      const dump = (await scratch.mustTask(`backup ${ENV}`)).stdout.trim();
      await scratch.mustTask('up ENV=other');
      await scratch.mustTask(`restore-from-dump ENV=other DUMP=${dump} WAIT=0`);
      expect((await scratch.mustTask('db-mark-env ENV=other')).stdout).toBe('other\n');
    },
  );
});
