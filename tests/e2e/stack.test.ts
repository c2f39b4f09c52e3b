import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, test } from 'vitest';
import { findPlugin } from '../../lib/stack/compose/engine/plugin.ts';
import { databaseOnly } from '../helpers/compose-files.ts';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker, must, succeeded, type Ran } from '../helpers/processes.ts';
import { freePort } from '../helpers/free-port.ts';
import { NASTY_PASSWORD, useScratch } from '../helpers/scratch.ts';
import { onTerminal } from '../helpers/terminal.ts';

/** Healthy after a minute at the earliest. */
const LATE = { test: ['CMD', 'true'], interval: '60s' };

/** Which port is up to the env file. */
const onPort = databaseOnly({
  db: { ports: ['127.0.0.1:${DB_PORT}:5432'], volumes: ['data:/var/lib/postgresql/data'] },
  volumes: { data: {} },
});

describe.skipIf(inject('noEngine') !== '')('a stack', () => {
  const scratch = useScratch({
    only: ['vm_stg'],
    environments: {
      slow: {
        compose: databaseOnly({
          db: {
            volumes: ['../initdb:/docker-entrypoint-initdb.d:ro'],
            env_file: ['../app.env'],
            healthcheck: LATE,
          },
        }),
      },
      broken: { compose: databaseOnly({ db: { command: ['postgres', '-c', 'nonsense=1'] } }) },
      looping: {
        compose: databaseOnly({ db: { command: ['postgres', '-c', 'nonsense=1'], restart: 'always' } }),
      },
      first: { compose: onPort },
      second: { compose: onPort },
      mute: { compose: databaseOnly({ db: { entrypoint: ['sleep', 'infinity'], init: true } }) },
    },
  });
  const { sql } = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');
  const printed: Ran[] = [];
  /**
   * A folder with a `docker` and a compose plugin that note their arguments before they become the real ones, and with
   * what has a task note what it asks of the engine.
   */
  let recorder: string;

  beforeAll(async () => {
    scratch.write('app.env', 'API_TOKEN=n3ver-shown\n');
    recorder = join(scratch.outside, 'recorder');
    mkdirSync(join(recorder, 'cli-plugins'), { recursive: true });
    const programs = {
      docker: await must(['which', 'docker']),
      'cli-plugins/docker-compose': findPlugin('')!,
    };
    for (const [name, program] of Object.entries(programs)) {
      const script = `#!/bin/sh\nprintf '%s\\n' "$@" >>'${recorder}/arguments'\nexec '${program}' "$@"\n`;
      writeFileSync(join(recorder, name), script, { mode: 0o755 });
    }
    const noting = `
      const { OutgoingMessage } = require('node:http');
      const { end } = OutgoingMessage.prototype;
      OutgoingMessage.prototype.end = function (body, ...more) {
        require('node:fs').appendFileSync('${recorder}/arguments', \`\${this.path} \${body}\\n\`);
        return end.call(this, body, ...more);
      };`;
    writeFileSync(join(recorder, 'requests.cjs'), noting);
  });

  const task = async (words: string): Promise<Ran> => {
    const { DOCKER_HOST = '', PATH } = process.env;
    const NODE_OPTIONS = `--require ${join(recorder, 'requests.cjs')}`;
    const env = { PATH: `${recorder}:${PATH}`, DOCKER_CONFIG: recorder, DOCKER_HOST, NODE_OPTIONS };
    const ran = await scratch.runTask(words, { env });
    printed.push(ran);
    return ran;
  };
  const done = async (words: string): Promise<Ran> => {
    const ran = await task(words);
    expect(ran.status, ran.stderr).toBe(0);
    return ran;
  };

  describe('up', () => {
    test('builds, starts, and returns when the database takes queries', async () => {
      const { stderr } = await done('up ENV=vm_stg');
      expect(await sql('SELECT 1')).toBe('1');
      expect(stderr).toContain('[ok] vm_stg: database core_stg answers');
      expect(stderr).toContain('[next] npx tsx tasks/db-bootstrap-roles-env.ts ENV=vm_stg');
    });

    test('checks its health in a way that leaves no orphan to the server when it takes too long', async () => {
      const id = await scratch.container('vm_stg');
      const check = await docker('inspect', '--format', '{{index .Config.Healthcheck.Test 1}}', id);
      const make = 'mkdir /tmp/probe && cat >/tmp/probe/pg_isready && chmod +x /tmp/probe/pg_isready';
      await must(['docker', 'exec', '-i', id, 'sh', '-c', make], { input: '#!/bin/sh\necho $PPID\n' });
      const path = ['-e', 'PATH=/tmp/probe:/usr/local/bin:/usr/bin:/bin'];
      // Zero: its parent is the engine, outside of the container.
      expect(await docker('exec', ...path, id, 'sh', '-c', check)).toBe('0');
    });

    test('does not publish the port of the database', async () => {
      expect(await docker('port', await scratch.container('vm_stg'))).toBe('');
      expect(await docker('port', await scratch.container('vm_stg', 'core_api'))).toContain('8000/tcp');
    });

    test('again changes nothing and is quick', async () => {
      const id = await scratch.container('vm_stg');
      await done('up ENV=vm_stg');
      expect(await scratch.container('vm_stg')).toBe(id);
    });

    test('waits for neither the health check nor the temporary server of a first start', async () => {
      scratch.write('initdb/slow.sql', 'SELECT pg_sleep(2); CREATE TABLE made AS SELECT 42 AS x;');
      await done('up ENV=slow');
      const health = ['inspect', '--format', '{{.State.Health.Status}}', await scratch.container('slow')];
      expect(await docker(...health)).toBe('starting');
      expect(await asker(scratch, 'slow', 'app', 'core').sql('SELECT x FROM made')).toBe('42');
    });

    test.each(['broken', 'looping'])(
      'of a container that cannot start shows why, soon: 69 (%s)',
      async (name) => {
        const { status, stderr } = await task(`up ENV=${name}`);
        expect(stderr).toContain('the database did not start');
        expect(stderr).toContain('unrecognized configuration parameter "nonsense"');
        expect(stderr).not.toContain('no answer within');
        expect(status).toBe(69);
      },
    );

    test('of a database that never answers ends after TIMEOUT: 69', async () => {
      const { status, stderr, time } = await task('up ENV=mute TIMEOUT=2');
      expect(stderr).toContain('no answer within 2 s');
      expect(stderr).toContain('TIMEOUT=');
      expect(status).toBe(69);
      expect(time).toBeGreaterThan(2000);
    });

    test('cancelled while waiting: 130', async () => {
      const running = scratch.startTask('up ENV=mute');
      await running.printed(/Running|Started/);
      running.interrupt();
      expect((await running.ended).status).toBe(130);
    });
  });

  test('ps lists the containers on standard output', async () => {
    const { stdout } = await done('ps ENV=vm_stg');
    for (const service of ['db', 'core_api'])
      expect(stdout).toContain(`${scratch.project('vm_stg')}-${service}-1`);
  });

  test('logs shows one service with S, and ends where nobody could end it', async () => {
    const { stdout } = await done('logs ENV=vm_stg S=db');
    expect(stdout).toContain('database system is ready to accept connections');
    expect(stdout).not.toContain('core_api');
    const last = await done('logs ENV=vm_stg S=db TAIL=1');
    expect(last.stdout.trim().split('\n')).toHaveLength(1);
  });

  test('logs of a service that does not exist names those that do', async () => {
    const { status, stderr } = await task('logs ENV=vm_stg S=nonsense');
    expect(stderr).toContain('has no service nonsense');
    expect(stderr).toMatch(/services: .*core_api/);
    expect([64, 78]).toContain(status);
  });

  test('config prints the resolved configuration without the password in any form', async () => {
    const { stdout } = await done('config ENV=vm_stg');
    expect(stdout).toContain('POSTGRES_DB: core_stg');
    expect(stdout.match(/POSTGRES_PASSWORD: ["']?\*+/g)).toHaveLength(2);
    for (const part of ['p w%40', '@/$', 'x#', '"1']) expect(stdout).not.toContain(part);
    // Nor what the compose file takes from somewhere else.
    expect((await done('config ENV=slow')).stdout).toMatch(/API_TOKEN: \*+\n/);
  });

  test('health: every service and the database, as text and as JSON', async () => {
    const { stdout, stderr } = await done('health ENV=vm_stg');
    expect(stdout).toMatch(/^✓ db +running/m);
    expect(stdout).toMatch(/^✓ database core_stg +PostgreSQL 17.* answers in \d+ ms$/m);
    expect(stderr).toContain('[ok] vm_stg is healthy');
    const json = JSON.parse((await done('health ENV=vm_stg JSON=1')).stdout) as object;
    expect(json).toMatchObject({
      environment: 'vm_stg',
      services: [
        { service: 'core_api', healthy: true },
        { service: 'db', healthy: true },
        { service: 'database core_stg', healthy: true },
      ],
    });
  });

  test('check: all is well', async () => {
    const { stdout } = await done('check ENV=vm_stg');
    expect(stdout).toMatch(/^✓ configuration .*\n✓ engine +Docker .*, Compose .*\n✓ ports /m);
    expect(stdout).toMatch(/^✓ password +the server takes the one of app_stg$/m);
    expect(stdout).toMatch(/^✓ storage +volume /m);
    expect(stdout).toMatch(/: the next container finds it there\n✓ database reachable /);
    const json = JSON.parse((await done('check ENV=vm_stg JSON=1')).stdout) as { passed: boolean };
    expect(json.passed).toBe(true);
  });

  test('check names who has a port, and a line that frees it without harm', async () => {
    const port = await freePort();
    for (const name of ['first', 'second']) {
      scratch.write(`env/.env.${name}`, `POSTGRES_USER=app\nPOSTGRES_DB=core\nDB_PORT=${port}\n`);
    }
    await startDatabase(scratch, 'first');
    const first = scratch.project('first');
    const refused = await task('check ENV=second');
    const remedy = `docker compose --project-name ${first} down`;
    expect(refused.stdout).toContain(`port ${port} of db is taken by ${first}-db-1 (project ${first})`);
    expect(refused.stdout).toContain(`→ ${remedy}`);
    await must(remedy.split(' '));
    expect((await task('check ENV=second')).stdout).toContain(`✓ ports`);
    expect(await docker('volume', 'ls', '--quiet', '--filter', `name=${first}`)).toContain(`${first}_data`);
  });

  test('up and check find a password that is not the one of the data, and say the line that sets it', async () => {
    await sql(`ALTER ROLE app_stg PASSWORD 'another'`);
    const up = await task('up ENV=vm_stg');
    const check = await task('check ENV=vm_stg');
    const said =
      'the password of app_stg in secrets/.env.vm_stg.secrets is not the one that the data was made with';
    expect(up.stderr).toContain(
      `[error] ${said}, and the data keeps that one\n[next] put the old one back, then: make up ENV=vm_stg\n`,
    );
    expect(up.stderr).toContain(
      '[next] or begin anew, without the data: make db-reset-volume-env ENV=vm_stg\n',
    );
    expect(up.stderr).not.toContain('[ok]');
    expect(up.status).toBe(1);
    expect(check.stdout).toMatch(
      new RegExp(`^✗ password +${said}, .*\n +→ put the old one back, then: `, 'm'),
    );
    expect(check.status).toBe(1);

    const [, line] = up.stderr.match(/^\[next\] or give the database the new one: (docker .*)$/m)!;
    const typed = `${NASTY_PASSWORD}\r`;
    const exchange = [typed, 'Enter new password', typed, 'Enter it again'];
    succeeded(await scratch.start(onTerminal(['sh', '-c', line!], ...exchange)).ended);
    await done('up ENV=vm_stg');
    await done('check ENV=vm_stg');
  });

  test('restart restarts every container and returns when the database takes queries', async () => {
    const started = async (): Promise<string[]> =>
      Promise.all(
        ['db', 'core_api'].map(async (service) =>
          docker('inspect', '--format', '{{.State.StartedAt}}', await scratch.container('vm_stg', service)),
        ),
      );
    const before = await started();
    await done('restart ENV=vm_stg');
    expect(await sql('SELECT 1')).toBe('1');
    const after = await started();
    expect(after[0]).not.toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
  });

  test('rebuild builds the image anew, starts from it, and keeps the data; al-up-env says when it is needed', async () => {
    await sql('CREATE TABLE kept AS SELECT 42 AS x');
    const image = async (): Promise<string> =>
      docker('inspect', '--format', '{{.Image}}', await scratch.container('vm_stg', 'core_api'));
    const before = await image();
    const revision = 'migrations/alembic/versions/20991231_000000000_weigh.py';
    const content = `revision = "20991231"\ndown_revision = "20251211_140000000"\ndef upgrade(): {}["weight"]\n`;
    scratch.write(`app/backend/core_api/${revision}`, content);
    await done('rebuild ENV=vm_stg');
    expect(await image()).not.toBe(before);
    const application = await scratch.container('vm_stg', 'core_api');
    expect(await docker('exec', application, 'cat', `/backend/${revision}`)).toBe(content.trimEnd());
    expect(await sql('SELECT x FROM kept')).toBe('42');

    // What is in an image is not corrected by correcting the file.
    const { status, stderr } = await task('al-up-env ENV=vm_stg');
    expect(stderr.slice(stderr.indexOf('[error]'))).toBe(
      [
        '[error] revision 20991231 failed; core_stg is at 20251211_140000000',
        `        file       app/backend/core_api/${revision}, line 3, in upgrade`,
        "        reason     KeyError: 'weight'",
        '        kept       20250401_090000000 to 20251211_140000000 (17 revisions)',
        '        undone     20991231: rolled back',
        '        output     journal/vm_stg.alembic.log',
        '[next] correct it, then: npx tsx tasks/rebuild.ts ENV=vm_stg, and: npx tsx tasks/al-up-env.ts ENV=vm_stg',
        '',
      ].join('\n'),
    );
    expect(status).toBe(1);
  });

  test('health and check name what is not well: 1', async () => {
    await scratch.compose('vm_stg', 'stop');
    const health = await task('health ENV=vm_stg');
    expect(health.stdout).toMatch(/^✗ db +exited/m);
    expect(health.stderr).toContain('vm_stg is not healthy: core_api, db, database core_stg');
    expect(health.stderr).toContain('[next] npx tsx tasks/up.ts ENV=vm_stg');
    expect(health.status).toBe(1);
    const check = await task('check ENV=vm_stg');
    expect(check.stdout).toMatch(/^✗ database reachable .*not running\n +→ .*up.*ENV=vm_stg$/m);
    expect(check.status).toBe(1);
  });

  test('down removes the containers and keeps the data', async () => {
    const { stderr } = await done('down ENV=vm_stg');
    const volume = `${scratch.project('vm_stg')}_postgres_data`;
    expect(stderr).toContain(`[ok] vm_stg is stopped; its data stays in volume ${volume}\n`);
    expect(await docker('ps', '-aq', '--filter', `name=${scratch.project('vm_stg')}`)).toBe('');
    await startDatabase(scratch, 'vm_stg', 'db');
    expect(await sql('SELECT x FROM kept')).toBe('42');
  });

  test('none of this shows the password, neither in output, nor in arguments of a process, nor in what the engine is asked', () => {
    const all = printed.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(printed.length).toBeGreaterThan(10);
    expect(all).not.toContain(NASTY_PASSWORD);
    const given = readFileSync(join(recorder, 'arguments'), 'utf8');
    expect(given).toContain(scratch.project('vm_stg'));
    expect(given).toMatch(/^\/containers\/\w+\/exec {"Cmd":/m);
    expect(given).not.toContain('p w%40');
    expect(given).not.toMatch(/PASSWORD[=:]/);
  });
});
