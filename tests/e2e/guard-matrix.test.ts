import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, serverAnswers, startDatabase } from '../helpers/database.ts';
import { docker, type Ran, type Running } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

/** Where the database keeps its data is up to the env file, as people have it who share one compose file. */
const onVolume = databaseOnly({
  db: { volumes: ['data:/var/lib/postgresql/data'] },
  volumes: { data: { name: '${DATA_VOLUME}' } },
});
const inFolder = databaseOnly({ db: { volumes: ['${DATA_FOLDER}:/var/lib/postgresql/data'] } });

describe.skipIf(inject('noEngine') !== '')('every way in that people reported', () => {
  const scratch = useScratch({
    only: [],
    environments: {
      shop_stg: { compose: onVolume },
      shop_prod: { compose: onVolume, entry: { protected: true, aliases: ['shop'] } },
      shop_idle: { compose: onVolume },
      bind_stg: { compose: inFolder },
      bind_prod: { compose: inFolder, entry: { protected: true } },
      pinned: { compose: databaseOnly(), entry: { engine: { context: 'here' } } },
      elsewhere: { compose: databaseOnly(), entry: { engine: { host: 'another-host' } } },
    },
  });
  const stg = asker(scratch, 'shop_stg', 'app', 'core');
  const prod = asker(scratch, 'shop_prod', 'app', 'core');
  const envFile = (name: string, ...lines: string[]): void => {
    const storage = name.startsWith('shop')
      ? `DATA_VOLUME=${scratch.prefix}_${name}`
      : `DATA_FOLDER=${scratch.path('data', name)}`;
    const own = ['POSTGRES_USER=app', 'POSTGRES_DB=core', storage, ...lines];
    scratch.write(`env/.env.${name}`, `${own.join('\n')}\n`);
  };
  let before: unknown;
  /** All that could be touched: rows, databases, containers, volumes, folders. */
  const state = async (): Promise<unknown> => {
    const ours = ['--filter', `name=${scratch.prefix}`];
    const rows = `SELECT x, (SELECT string_agg(datname || oid, ' ' ORDER BY oid) FROM pg_database) FROM kept`;
    return {
      rows: await Promise.all([stg.sql(rows), prod.sql(rows)]),
      containers: await docker('ps', '--all', '--no-trunc', '--format', '{{.ID}} {{.State}}', ...ours),
      volumes: await docker('volume', 'ls', '--format', '{{.Name}} {{.Mountpoint}}', ...ours),
      folder: readdirSync(scratch.path('data/bind_prod')),
    };
  };

  beforeAll(async () => {
    for (const name of ['shop_stg', 'shop_prod', 'shop_idle', 'bind_stg', 'bind_prod']) envFile(name);
    scratch.write('data/bind_prod/PG_VERSION', '17\n');
    await Promise.all([startDatabase(scratch, 'shop_stg'), startDatabase(scratch, 'shop_prod')]);
    await Promise.all([stg, prod].map(({ sql }) => sql('CREATE TABLE kept AS SELECT 42 AS x')));
    before = await state();
  });

  const refused = (ran: Ran, status: number, ...reasons: (string | RegExp)[]): void => {
    for (const reason of reasons) expect(ran.stderr).toMatch(reason);
    expect(ran.stderr).not.toContain('[ok]');
    expect(ran.stdout).toBe('');
    if (/^make:/m.test(ran.stderr))
      expect(ran.stderr).toMatch(new RegExp(`Error ${status}( \\(ignored\\))?$`, 'm'));
    else expect(ran.status).toBe(status);
  };
  const RESET = 'db-reset-volume-env WAIT=0 ENV=';

  // What changes nothing outside of its own process may run beside others.
  describe.concurrent('the name, the force, the exports', () => {
    const blocked = 'DB reset on shop_prod is BLOCKED';
    const exported = (name: string): RegExp =>
      new RegExp(`^\\[error\\] refused; nothing was touched\n.*${name}.* exported`, 'm');

    test.each<
      [
        way: string,
        words: string | string[],
        env: Record<string, string>,
        status: number,
        reason: string | RegExp,
      ]
    >([
      ['an alias', `${RESET}shop`, {}, 77, blocked],
      ['full-width', `${RESET}ｓｈｏｐ＿ｓｔｇ`, {}, 64, 'is not an environment; did you mean shop_stg?'],
      ['upper case', `${RESET}SHOP_STG`, {}, 64, 'is not an environment; did you mean shop_stg?'],
      ['ENV exported', 'db-reset-volume-env WAIT=0', { ENV: 'shop_stg' }, 64, 'ENV=shop_stg is exported'],
      ['FORCE exported', `${RESET}shop_prod`, { FORCE: '1' }, 77, `${blocked}`],
      ['MAKEFLAGS exported', `${RESET}shop_prod`, { MAKEFLAGS: ' -- FORCE=1', MAKELEVEL: '1' }, 77, blocked],
      ...['true', 'yes', '01', ' 1'].map(
        (force) =>
          [
            ...[`FORCE=${force}`, ['db-reset-volume-env', 'ENV=shop_prod', `FORCE=${force}`], {}, 64],
            `FORCE=${force} is neither 1 nor 0`,
          ] as [string, string[], object, number, string] as never,
      ),
      ...Object.entries({
        DATABASE_URL: 'postgresql://app@127.0.0.1/core',
        PGHOST: '127.0.0.1',
        PGOPTIONS: '-c makesafe.environment=shop_stg',
        COMPOSE_PROJECT_NAME: 'shop_prod',
        COMPOSE_FILE: 'docker/shop_prod.json',
        DOCKER_HOST: 'tcp://127.0.0.1:1',
        DOCKER_CONTEXT: 'prod',
        ZX_PREFIX: 'echo ',
      }).map(
        ([name, value]) =>
          [...[`${name} exported`, `${RESET}shop_stg`, { [name]: value }, 77], exported(name)] as never,
      ),
      [
        'an engine on another host',
        `${RESET}elsewhere`,
        {},
        77,
        /is on host \S+, and elsewhere is pinned to host another-host/,
      ],
    ])('%s', async (_way, words, env, status, reason) => {
      refused(await scratch.runTask(words, { env }), status, reason);
      expect(await state()).toEqual(before);
    });

    test.each<[way: string, words: string[], env: Record<string, string>]>([
      ['MAKEFLAGS=FORCE=1 exported', [], { MAKEFLAGS: 'FORCE=1' }],
      ['make -k', ['-k'], {}],
    ])('%s', async (_way, flags, env) => {
      const words = [...flags, 'db-reset-volume-env', 'health', 'ENV=shop_prod'];
      const ran = await scratch.runMake(words, { env });
      refused(ran, 77, blocked);
      expect(await state()).toEqual(before);
    });

    test.each(['-i', '-t'])('make %s is refused, FORCE=1 or not', async (flag) => {
      const words = [flag, 'db-reset-volume-env', 'ENV=shop_stg', 'FORCE=1', 'WAIT=0'];
      const { status, stderr } = await scratch.runMake(words);
      expect(stderr).toContain(`make ${flag} `);
      expect(stderr).toContain('nothing was run');
      expect(status).toBe(2);
      expect(readdirSync(scratch.root)).not.toContain('db-reset-volume-env');
      expect(await state()).toEqual(before);
    });

    test.each(['-n', '-q'])('make %s runs nothing, FORCE=1 or not', async (flag) => {
      const words = [flag, 'db-reset-volume-env', 'ENV=shop_stg', 'FORCE=1', 'WAIT=0'];
      const { stderr } = await scratch.runMake(words);
      expect(stderr).toBe('');
      expect(readdirSync(scratch.root)).not.toContain('db-reset-volume-env');
      expect(await state()).toEqual(before);
    });
  });

  describe('what env files say', () => {
    afterEach(() => {
      envFile('shop_stg');
      envFile('bind_stg');
    });

    test.each<[way: string, lines: () => string[], reason: () => RegExp]>([
      [
        "prod's volume",
        () => [`DATA_VOLUME=${scratch.prefix}_shop_prod`],
        () => /volume \S+_shop_prod is also shop_prod's \(env\/\.env\.shop_stg:4, env\/\.env\.shop_prod:3\)/,
      ],
      [
        "prod's project",
        () => [`COMPOSE_PROJECT_NAME=${scratch.project('shop_prod')}`],
        () =>
          /project \S+-shop_prod is also shop_prod's \(env\/\.env\.shop_stg:4, env\/environments\.ts \(shop_prod\)\)/,
      ],
      [
        "prod's host",
        () => ['POSTGRES_HOST=db.prod.example'],
        () =>
          /address db\.prod\.example is also shop_prod's \(env\/\.env\.shop_stg:4, env\/\.env\.shop_prod:4\)/,
      ],
      [
        "prod's host in a URL",
        () => ['DATABASE_URL=postgresql://u:p@db.prod.example:5432/core'],
        () =>
          /address db\.prod\.example is also shop_prod's \(env\/\.env\.shop_stg:4, env\/\.env\.shop_prod:4\)/,
      ],
    ])('%s', async (_way, lines, reason) => {
      envFile('shop_prod', 'POSTGRES_HOST=db.prod.example');
      onTestFinished(() => envFile('shop_prod'));
      envFile('shop_stg', ...lines());
      for (const task of ['db-reset-volume-env', 'al-stamp-env REV=head'])
        refused(await scratch.runTask(`${task} ENV=shop_stg FORCE=1 WAIT=0`), 77, reason());
      expect(await state()).toEqual(before);
    });

    test('a link to the folder of prod', async () => {
      symlinkSync(scratch.path('data/bind_prod'), scratch.path('data/link'));
      envFile('bind_stg', `DATA_FOLDER=${scratch.path('data/link')}`);
      const reason = /folder \S+ is also bind_prod's \(env\/\.env\.bind_stg:4, env\/\.env\.bind_prod:3\)/;
      refused(await scratch.runTask(`${RESET}bind_stg FORCE=1`), 77, reason);
      mkdirSync(scratch.path('data/bind_prod/deeper'));
      envFile('bind_stg', `DATA_FOLDER=${scratch.path('data/link/deeper')}`);
      refused(await scratch.runTask(`${RESET}bind_stg FORCE=1`), 77, /folder \S+ is also bind_prod's/);
      expect(readdirSync(scratch.path('data/bind_prod'))).toEqual(['PG_VERSION', 'deeper']);
      await docker(
        'run',
        '--rm',
        '-v',
        `${scratch.path('data/bind_prod')}:/d`,
        '--entrypoint',
        'rmdir',
        'postgres:17',
        '/d/deeper',
      );
      expect(await state()).toEqual(before);
    });
  });

  describe('what stands in the storage', () => {
    test('a marker of prod', async () => {
      await stg.sql(`COMMENT ON DATABASE core IS 'the shop\nmakesafe.environment=shop_prod'`);
      for (const task of ['db-reset-volume-env', 'db-reset-db-env', 'al-down-env']) {
        const ran = await scratch.runTask(`${task} ENV=shop_stg FORCE=1 WAIT=0`);
        refused(ran, 77, 'database core is marked for shop_prod, and this is shop_stg', /REPLACE=shop_prod/);
      }
      await stg.sql('COMMENT ON DATABASE core IS NULL');
      expect(await state()).toEqual(before);
    });

    test('a neighbour with the marker of prod', async () => {
      await stg.sql(`COMMENT ON DATABASE postgres IS 'makesafe.environment=shop_prod'`);
      const ran = await scratch.runTask(`${RESET}shop_stg FORCE=1`);
      refused(ran, 77, 'the same storage holds databases of other environments: postgres (shop_prod)');
      await stg.sql('COMMENT ON DATABASE postgres IS NULL');
      expect(await state()).toEqual(before);
    });

    test.each([
      ['another project', ['--label', 'com.docker.compose.project=other'], 'project other'],
      ['nobody knows', [], 'no compose project'],
    ])('a volume that a container of %s uses', async (_whose, labels, words) => {
      const name = `${scratch.prefix}-user`;
      const volume = `${scratch.prefix}_shop_stg:/somewhere`;
      await docker('create', '--name', name, ...labels, '--volume', volume, 'postgres:17');
      const ran = await scratch.runTask(`${RESET}shop_stg FORCE=1`);
      refused(ran, 77, `the storage is also mounted by ${name} (${words})`);
      await docker('rm', name);
      expect(await state()).toEqual(before);
    });

    test('a protected environment that is stopped: neither marker nor backup can be had', async () => {
      await scratch.compose('shop_prod', 'stop');
      const ran = await scratch.runTask(`${RESET}shop_prod FORCE=1`);
      refused(ran, 77, 'the database of shop_prod is not running; it is protected');
      await scratch.compose('shop_prod', 'start');
      await serverAnswers(await scratch.container('shop_prod'));
      expect(await state()).toEqual(before);
    });
  });

  describe('in the countdown', () => {
    /** Lets something happen while the countdown stands still. */
    const meanwhile = async (words: string, change: () => Promise<unknown>): Promise<Ran> => {
      const running = scratch.startTask(`${words} WAIT=1`);
      await running.printed('Starting in 1');
      running.interrupt('SIGSTOP');
      await change().finally(() => running.interrupt('SIGCONT'));
      return running.ended;
    };

    test('a registry entry is changed', async () => {
      const registry = scratch.read('env/environments.ts');
      onTestFinished(() => scratch.write('env/environments.ts', registry));
      const changed = registry.replace(/("shop_stg": \{\s+"protected": )false/, '$1true');
      expect(changed).not.toBe(registry);
      const ran = await meanwhile('db-reset-volume-env ENV=shop_stg', () =>
        Promise.resolve(scratch.write('env/environments.ts', changed)),
      );
      refused(
        ran,
        77,
        'this changed in the meantime',
        /registry entry: shop_stg .* → shop_stg .*"protected":true/,
      );
      expect(await state()).toEqual(before);
    });

    test('the database is marked for another environment', async () => {
      const ran = await meanwhile('db-reset-db-env ENV=shop_stg', () =>
        stg.sql(`COMMENT ON DATABASE core IS 'makesafe.environment=shop_prod'`),
      );
      refused(ran, 77, 'this changed in the meantime', /markers: .* → .*shop_prod/);
      await stg.sql('COMMENT ON DATABASE core IS NULL');
      expect(await state()).toEqual(before);
    });

    test('the container is replaced', async () => {
      const old = await scratch.container('shop_stg');
      const ran = await meanwhile('db-reset-db-env ENV=shop_stg', () =>
        scratch.compose('shop_stg', 'up', '--detach', '--force-recreate'),
      );
      const made = await scratch.container('shop_stg');
      await serverAnswers(made);
      // The server may answer again by then, or not yet.
      refused(
        ran,
        77,
        'this changed in the meantime',
        `server: container ${old.slice(0, 12)} (running) → container ${made.slice(0, 12)}`,
      );
      const now = (await state()) as { rows: unknown };
      expect(now.rows).toEqual((before as { rows: unknown }).rows);
      before = now;
    });

    test.each([
      ['running: the server keeps the lock', 'shop_stg', 'db-reset-db-env'],
      ['stopped: the engine does', 'shop_idle', 'db-reset-volume-env'],
    ])('a run is begun in another clone, of a stack that is %s', async (_which, environment, other) => {
      const clone = join(scratch.outside, `clone-${environment}`);
      cpSync(scratch.root, clone, { recursive: true, verbatimSymlinks: true });
      const running = scratch.startTask(`db-reset-volume-env ENV=${environment} WAIT=600`);
      await running.printed('Starting in');
      const inClone = (words: string): Running => {
        const command = scratch.taskCommand(`${words} ENV=${environment} WAIT=600`);
        return scratch.start(
          command.map((word) => word.replace(scratch.root, clone)),
          { cwd: clone },
        );
      };
      const holder = `another run is at work on ${environment}: db-reset-volume-env by `;
      refused(await inClone(other).ended, 77, holder, /by \S+@\S+ since \d\d:\d\d:\d\d$/m);
      // It dies with its holder.
      running.child.kill('SIGKILL');
      await running.ended;
      const lock = [
        'ps',
        '--all',
        '--quiet',
        '--filter',
        `name=${scratch.project(environment)}-makesafe-lock`,
      ];
      await expect.poll(() => docker(...lock)).toBe('');
      const next = inClone(other);
      await next.printed('Starting in');
      next.interrupt();
      expect((await next.ended).status).toBe(130);
      expect(await docker(...lock)).toBe('');
      expect(await state()).toEqual(before);
    });

    test('make -j2 starts the second goal behind the first', async () => {
      const running = scratch.startMake('-j2 db-reset-volume-env health ENV=shop_stg WAIT=600');
      await running.printed('Starting in');
      running.interrupt();
      const { stdout, stderr } = await running.ended;
      expect(stdout, 'the second goal').toBe('');
      expect(stderr).not.toContain('[ok]');
      expect(await state()).toEqual(before);
    });
  });

  describe('what a person sees, and stops', () => {
    test('shows what it is about to destroy, from facts', async () => {
      const running = scratch.startTask('db-reset-volume-env ENV=shop_stg', { env: { WAIT: '0' } });
      // An exported WAIT does not count.
      await running.printed('Starting in 5');
      running.interrupt();
      const { stderr } = await running.ended;
      const endpoint = await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
      const id = await scratch.container('shop_stg');
      expect(stderr.split('\n').map((line) => line.trim().replace(/ +/, ' '))).toEqual(
        expect.arrayContaining([
          '[info] ENV=shop_stg, canonical name shop_stg',
          'environment shop_stg',
          expect.stringMatching(new RegExp(`^engine ${process.env['DOCKER_HOST'] ?? endpoint} on host .+`)),
          `project ${scratch.project('shop_stg')}`,
          expect.stringMatching(
            new RegExp(`^server container ${id.slice(0, 12)} \\(running\\), PostgreSQL 17.*, system \\d+$`),
          ),
          expect.stringMatching(new RegExp(`^storage volume ${scratch.prefix}_shop_stg, [\\d.]+ MB$`)),
          expect.stringMatching(/^database core of app, [\d.]+ MB, \d+ tables?, about \d+ rows?$/),
        ]),
      );
    });

    test.each([
      'db-reset-volume-env ENV=shop_stg',
      'db-reset-db-env ENV=shop_stg',
      'al-stamp-env ENV=shop_prod FORCE=1 REV=head',
    ])('Ctrl-C in the countdown of %s: 130 and nothing is touched', async (words) => {
      const running = scratch.startTask(words);
      await running.printed('Starting in 5');
      running.interrupt();
      const { status, stderr } = await running.ended;
      expect(stderr).toContain('[error] cancelled');
      expect(stderr).not.toContain('[ok] shop_');
      expect(status).toBe(130);
      expect(await state()).toEqual(before);
    });

    test('Ctrl-C through make as well, and through npx', async () => {
      const words = 'db-reset-db-env ENV=shop_stg';
      // One after the other: the second would find the lock taken.
      for (const start of [() => scratch.startMake(words), () => scratch.startNpx(words)]) {
        const running = start();
        await running.printed('Starting in 5');
        running.interrupt();
        const { status, stderr } = await running.ended;
        expect(stderr).not.toContain('[ok]');
        expect(status).not.toBe(0);
      }
      expect(await state()).toEqual(before);
    });
  });

  test('where the engine is pinned, no export chooses another', async () => {
    const endpoint = await docker('info', '--format', '{{.Name}}');
    const host =
      process.env['DOCKER_HOST'] ??
      (await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'));
    const env = { DOCKER_CONFIG: scratch.dockerConfig(host, 'here'), DOCKER_HOST: 'tcp://127.0.0.1:1' };
    await scratch.mustTask('up ENV=pinned', { env });
    const { stderr } = await scratch.mustTask(`${RESET}pinned`, { env });
    expect(stderr).toContain(`engine       ${host} on host ${endpoint}`);
    expect(stderr).toMatch(/marker +pinned\n/);
    expect(await scratch.container('pinned')).toBe('');
    expect(await state()).toEqual(before);
  });

  // The last one, because the protected environment is gone after it.
  test('FORCE=1 goes through after five seconds, whatever WAIT says, and then it is done', async () => {
    const { status, stderr, time } = await scratch.runTask(`${RESET}shop_prod FORCE=1`);
    expect(stderr).toMatch(/environment +shop_prod, PROTECTED/);
    const counted = [...stderr.matchAll(/Starting in (\d+)/g)].map(([, seconds]) => Number(seconds));
    expect(counted).toEqual([5, 4, 3, 2, 1]);
    expect(time).toBeGreaterThan(5000);
    expect(stderr).toContain(`[ok] shop_prod: server and data of ${scratch.project('shop_prod')} are gone`);
    expect(stderr).toContain('[next] npx tsx tasks/up.ts ENV=shop_prod');
    expect(status).toBe(0);
    expect(await docker('ps', '-aq', '--filter', `name=${scratch.project('shop_prod')}`)).toBe('');
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${scratch.prefix}_shop_prod`)).toBe('');
    // The other environment was not ours to touch.
    expect(await stg.sql('SELECT x FROM kept')).toBe('42');
  });
});
