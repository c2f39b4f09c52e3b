import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { databaseOnly, type Service } from '../helpers/compose-files.ts';
import { asker, serverAnswers, startDatabase } from '../helpers/database.ts';
import { docker, type Ran } from '../helpers/processes.ts';
import { useScratch, type ExtraEnvironment } from '../helpers/scratch.ts';

const DATA = '/var/lib/postgresql/data';
const sleeping = { image: 'postgres:17', init: true, entrypoint: ['sleep', 'infinity'] };
/** Waits for a sign before it becomes the server: until then nothing is known of what it holds. */
const LATE = 'while [ ! -e /tmp/go ]; do sleep 0.1; done; exec docker-entrypoint.sh postgres';
const AWKWARD = 'x,source=/c "q" $d 日本語';

const on = (db: Service, sections: Record<string, unknown> = {}, entry = {}): ExtraEnvironment => ({
  compose: databaseOnly({ db, ...sections }),
  entry,
});

describe.skipIf(inject('noEngine') !== '')('the plan of a reset, case by case', () => {
  const named = { db: { volumes: [`data:${DATA}`] }, volumes: { data: {} } };
  const scratch = useScratch({
    only: [],
    environments: {
      changed: on(named.db, { volumes: { data: {} } }),
      awkward: on({ volumes: [`../data/${AWKWARD.replace('$', '$$$$')}:${DATA}`] }),
      spaces: on(
        { volumes: [`data:${DATA}`, '../data/fast:/fast', 'ours:/ours'] },
        { volumes: { data: {}, ours: {} } },
      ),
      layer: on({ volumes: ['../data/slow:/slow'], environment: { PGDATA: '/layer' } }),
      linked: on({ volumes: ['../data/linked:/d'], environment: { PGDATA: '/d/here' } }),
      imageless: on({ ...sleeping, image: '${IMAGE}', volumes: [`../data/imageless:${DATA}`] }),
      kept_prod: on({ volumes: [`../data/kept_prod:${DATA}`] }, {}, { protected: true }),
      late: on({ ...named.db, init: true, entrypoint: ['sh', '-c', LATE] }, { volumes: { data: {} } }),
      rebuilt: on({ ...named.db, environment: { SHOWN: 'a$$b "c"' } }, { volumes: { data: {} } }),
      profiled: on(named.db, { volumes: { data: {} } }),
    },
  });
  const names = ['changed', 'spaces', 'kept_prod', 'profiled'] as const;
  const RESET = 'db-reset-volume-env WAIT=0 ENV=';

  beforeAll(async () => {
    mkdirSync(scratch.path('data/fast/ts'), { recursive: true });
    await Promise.all(names.map((name) => startDatabase(scratch, name)));
  });

  const file = (name: string): Record<string, Record<string, unknown>> =>
    JSON.parse(scratch.read(`docker/${name}.json`)) as Record<string, Record<string, unknown>>;
  const refused = ({ status, stderr }: Ran, ...reasons: string[]): void => {
    // First: how a task ended that said nothing is what there is to know.
    expect(status, stderr).toBe(77);
    for (const reason of reasons) expect(stderr).toContain(reason);
    expect(stderr).not.toContain('[ok] ');
  };

  test.each<[string, (compose: ReturnType<typeof file>) => void, string]>([
    [
      'a volume is added',
      ({ services, volumes }) => {
        volumes!['uploads'] = {};
        (services!['db'] as { volumes: string[] }).volumes.push('uploads:/uploads');
      },
      'compose configuration: volume uploads is new',
    ],
    [
      'a service is added',
      ({ services }) => void (services!['web'] = sleeping),
      'compose configuration: service web is new',
    ],
    [
      'the volume gets another name',
      ({ volumes }) => void (volumes!['data'] = { name: `${scratch.prefix}-other` }),
      'compose configuration: volume data is another one',
    ],
    [
      'the server gets another setting',
      ({ services }) =>
        void (services!['db'] = { ...(services!['db'] as object), command: ['postgres', '-c', 'fsync=off'] }),
      'compose configuration: service db is another one',
    ],
  ])('in the countdown %s: refused', async (_what, change, words) => {
    const before = file('changed');
    const container = await scratch.container('changed');
    const running = scratch.startTask('db-reset-volume-env ENV=changed WAIT=1');
    await running.printed('Starting in 1');
    running.interrupt('SIGSTOP');
    const after = file('changed');
    change(after);
    scratch.write('docker/changed.json', JSON.stringify(after));
    running.interrupt('SIGCONT');
    refused(await running.ended, 'this changed in the meantime', words);
    scratch.write('docker/changed.json', JSON.stringify(before));
    expect(await scratch.container('changed')).toBe(container);
  });

  test('something of the project that comes in the countdown: refused', async () => {
    const volume = `${scratch.prefix}-come`;
    const running = scratch.startTask('db-reset-volume-env ENV=changed WAIT=1');
    await running.printed('Starting in 1');
    running.interrupt('SIGSTOP');
    await docker(
      'volume',
      'create',
      '--label',
      `com.docker.compose.project=${scratch.project('changed')}`,
      volume,
    );
    running.interrupt('SIGCONT');
    refused(await running.ended, 'this changed in the meantime', 'volumes: ', volume);
    await docker('volume', 'rm', volume);
  });

  test('a folder whose name an engine, a shell or CSV reads in its own way is emptied', async () => {
    await startDatabase(scratch, 'awkward');
    const folder = scratch.path('data', AWKWARD);
    expect(readdirSync(folder)).toContain('PG_VERSION');
    const { status, stderr } = await scratch.runTask(`${RESET}awkward`);
    expect(stderr).toContain(`folder ${folder}`);
    expect(stderr).toContain('[ok] awkward: ');
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a tablespace in a folder of the machine would stay: refused, running or stopped; in a volume of ours it goes', async () => {
    const { sql } = asker(scratch, 'spaces', 'app', 'core');
    const id = await scratch.container('spaces');
    await docker('exec', id, 'chown', 'postgres', '/fast/ts', '/ours');
    await sql(`CREATE TABLESPACE ours LOCATION '/ours'`);
    await sql(`CREATE TABLESPACE fast LOCATION '/fast/ts'`);
    const words = `lies elsewhere (folder ${scratch.path('data/fast/ts')}) and would stay`;
    refused(await scratch.runTask(`${RESET}spaces`), 'tablespace ', words);
    await scratch.compose('spaces', 'stop');
    refused(await scratch.runTask(`${RESET}spaces`), 'tablespace ', words);
    expect(await scratch.container('spaces')).toBe(id);
    await scratch.compose('spaces', 'start');
    await serverAnswers(id);
    await sql('DROP TABLESPACE fast');
    const { status, stderr } = await scratch.runTask(`${RESET}spaces`);
    expect(stderr).toContain(`${scratch.project('spaces')}_ours (of db)`);
    expect(stderr).toContain('[ok] spaces: ');
    expect(status).toBe(0);
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${scratch.project('spaces')}`)).toBe('');
  });

  test("a tablespace of a server in the container's own layer: refused, running or stopped", async () => {
    mkdirSync(scratch.path('data/slow'), { recursive: true });
    await startDatabase(scratch, 'layer');
    const id = await scratch.container('layer');
    await docker('exec', id, 'chown', 'postgres', '/slow');
    await asker(scratch, 'layer', 'app', 'core').sql(`CREATE TABLESPACE slow LOCATION '/slow'`);
    const words = `lies elsewhere (folder ${scratch.path('data/slow')}) and would stay`;
    refused(await scratch.runTask(`${RESET}layer`), 'tablespace ', words);
    await scratch.compose('layer', 'stop');
    refused(await scratch.runTask(`${RESET}layer`), 'tablespace ', words);
    expect(await scratch.container('layer')).toBe(id);
  });

  test('a data directory that is a link: refused, and what it leads to is as it was', async () => {
    scratch.write('data/linked/there/PG_VERSION', '17\n');
    symlinkSync('there', scratch.path('data/linked/here'));
    refused(await scratch.runTask(`${RESET}linked`), `${scratch.path('data/linked/here')} is a link`);
    expect(readdirSync(scratch.path('data/linked/there'))).toEqual(['PG_VERSION']);
  });

  test('no image to look with: refused, for nobody knows what is there', async () => {
    scratch.write('data/imageless/PG_VERSION', '17\n');
    scratch.write(
      'env/.env.imageless',
      `${scratch.read('env/.env.imageless')}IMAGE=${scratch.prefix}-none\n`,
    );
    refused(
      await scratch.runTask(`${RESET}imageless`),
      `the engine has no image ${scratch.prefix}-none to look with`,
    );
    expect(readdirSync(scratch.path('data/imageless'))).toEqual(['PG_VERSION']);
  });

  describe('BACKUP_DIR in the storage', () => {
    const folder = (): string => scratch.path('data/kept_prod');
    test.each([
      ['as it is', 'data/kept_prod/backups'],
      ['behind a link', 'behind'],
      ['the storage itself', 'data/kept_prod'],
    ])('%s: refused before the backup is taken, by a reset and by backup', async (_how, place) => {
      if (place === 'behind' && !existsSync(scratch.path('behind')))
        symlinkSync('data/kept_prod/base', scratch.path('behind'));
      const before = readdirSync(folder());
      const ran = await scratch.runTask(`${RESET}kept_prod FORCE=1 BACKUP_DIR=${place}`);
      refused(ran, `BACKUP_DIR (${scratch.path(place)}) lies in folder ${folder()}, which will be removed`);
      expect(ran.stderr).not.toContain('backed up first');
      refused(
        await scratch.runTask(`backup ENV=kept_prod BACKUP_DIR=${place}`),
        // By its place, before the server is asked.
        `BACKUP_DIR=${scratch.path(place)} is refused: ${folder()} is a server's storage`,
      );
      expect(readdirSync(folder())).toEqual(before);
    });

    test('the journal in the storage: refused as well', async () => {
      await docker('exec', await scratch.container('kept_prod'), 'mkdir', '-m', '777', `${DATA}/journal`);
      rmSync(scratch.path('journal'), { recursive: true, force: true });
      symlinkSync('data/kept_prod/journal', scratch.path('journal'));
      const words = `the folder journal (${scratch.path('journal')}) lies in folder ${folder()}`;
      refused(await scratch.runTask(`${RESET}kept_prod FORCE=1`), words);
      rmSync(scratch.path('journal'));
    });
  });

  test('not known at the first look and known at the second is no change', async () => {
    await scratch.compose('late', 'up', '--detach');
    const id = await scratch.container('late');
    const running = scratch.startTask('db-reset-volume-env ENV=late WAIT=1');
    await running.printed('Starting in 1');
    running.interrupt('SIGSTOP');
    await docker('exec', id, 'touch', '/tmp/go');
    await serverAnswers(id);
    running.interrupt('SIGCONT');
    const { status, stderr } = await running.ended;
    expect(stderr).toMatch(/contents +not known: /);
    expect(stderr).toContain('[ok] late: ');
    expect(status).toBe(0);
  });

  test('a rebuild starts what was shown, whatever the compose file says by then', async () => {
    await scratch.compose('rebuilt', 'up', '--detach');
    const old = await scratch.container('rebuilt');
    const running = scratch.startTask('db-rebuild-env ENV=rebuilt WAIT=0 UNTIL=up TIMEOUT=300');
    await expect.poll(() => scratch.container('rebuilt'), { timeout: 120_000 }).not.toBe(old);
    const before = scratch.read('docker/rebuilt.json');
    scratch.write('docker/rebuilt.json', 'no compose file any more');
    const { status, stderr } = await running.ended;
    expect(stderr).toMatch(/✓ up /);
    expect(status).toBe(0);
    const id = await scratch.container('rebuilt');
    expect(await docker('inspect', '--format', '{{range .Config.Env}}{{println .}}{{end}}', id)).toContain(
      'SHOWN=a$b "c"\n',
    );
    // It is the same configuration to compose as well: `up` makes nothing anew.
    scratch.write('docker/rebuilt.json', before);
    await scratch.compose('rebuilt', 'up', '--detach');
    expect(await scratch.container('rebuilt')).toBe(id);
  });

  test('a container behind a profile, and one that `compose run` made, are seen and go too', async () => {
    const before = file('profiled');
    const tools = { ...sleeping, profiles: ['tools'], volumes: [`data:${DATA}:ro`, 'up:/uploads'] };
    scratch.write(
      'docker/profiled.json',
      JSON.stringify({
        ...before,
        services: { ...before['services'], tools },
        volumes: { data: {}, up: {} },
      }),
    );
    await scratch.compose('profiled', '--profile', 'tools', 'up', '--detach', 'tools');
    await scratch.compose('profiled', '--profile', 'tools', 'run', '--detach', 'tools');
    const { status, stderr, stdout } = await scratch.runTask(`${RESET}profiled DRY_RUN=1`);
    expect(stderr).toContain(`${scratch.project('profiled')}-tools-1 (`);
    expect(stdout).toContain(`docker volume rm ${scratch.project('profiled')}_data`);
    expect(status).toBe(0);
    const done = await scratch.runTask(`${RESET}profiled`);
    expect(done.stderr).toMatch(
      /profiled_up \(of tools, no longer in the compose file\)|profiled_up \(of tools\)/,
    );
    expect(done.stderr).toContain('[ok] profiled: ');
    const label = `label=com.docker.compose.project=${scratch.project('profiled')}`;
    for (const list of [
      ['ps', '-aq'],
      ['volume', 'ls', '-q'],
      ['network', 'ls', '-q'],
    ])
      expect(await docker(...list, '--filter', label)).toBe('');
  });
});
