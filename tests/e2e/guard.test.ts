import { beforeAll, describe, expect, inject, test } from 'vitest';
import { asker, startDatabase } from '../helpers/database.ts';
import { docker } from '../helpers/processes.ts';
import { useScratch } from '../helpers/scratch.ts';

const BAR = '❌'.repeat(32);

describe.skipIf(inject('noEngine') !== '')('the guard', () => {
  const scratch = useScratch();
  const prod = asker(scratch, 'vm_prod', 'app_prod', 'core_prod');
  const stg = asker(scratch, 'vm_stg', 'app_stg', 'core_stg');

  beforeAll(async () => {
    await Promise.all([startDatabase(scratch, 'vm_prod', 'db'), startDatabase(scratch, 'vm_stg', 'db')]);
    await prod.sql('CREATE TABLE kept AS SELECT 42 AS x');
    await stg.sql('CREATE TABLE kept AS SELECT 42 AS x');
  });

  /** All that a reset could change, of both environments. */
  const state = (): Promise<string[]> => {
    const ours = ['--filter', `name=${scratch.prefix}`];
    const rows =
      'SELECT x, (SELECT string_agg(datname || oid, chr(32) ORDER BY oid) FROM pg_database) FROM kept';
    return Promise.all([
      docker('ps', '--all', '--format', '{{.ID}} {{.State}}', ...ours),
      docker('volume', 'ls', '--quiet', ...ours),
      prod.sql(rows),
      stg.sql(rows),
    ]);
  };

  describe('blocks vm_prod without FORCE=1', () => {
    test.each([
      ['db-reset-volume-env', 'DB reset', 'DESTROY'],
      ['db-reset-db-env', 'DB reset', 'DESTROY'],
      ['al-down-env', 'Downgrade', 'DESTROY'],
      ['al-stamp-env REV=head', 'Stamping', 'CHANGE'],
    ])('%s: a banner, the lines to type, 77, and nothing is touched', async (task, what, effect) => {
      const before = await state();
      const { status, stdout, stderr } = await scratch.runTask(`${task} ENV=vm_prod`);
      const lines = stderr.split('\n');
      const first = lines.indexOf(BAR);
      expect(lines.slice(first, first + 4)).toEqual([
        BAR,
        `❌  ERROR: ${what} on vm_prod is BLOCKED`,
        '❌',
        `❌  This operation will ${effect} production database!`,
      ]);
      expect(stderr).toContain('npx tsx tasks/backup.ts ENV=vm_prod\n');
      const [name, ...given] = task.split(' ');
      const forced = lines.find((line) => line.includes('FORCE=1'))!;
      expect(forced).toContain(`npx tsx tasks/${name}.ts `);
      for (const word of [...given, 'ENV=vm_prod', 'FORCE=1']) expect(forced).toContain(word);
      expect(stdout).toBe('');
      expect(status).toBe(77);
      expect(await state()).toEqual(before);
    });

    test('through make, with the lines to type as make takes them', async () => {
      const before = await state();
      const { status, stderr } = await scratch.runMake('db-reset-volume-env ENV=prod');
      expect(stderr).toContain(`${BAR}\n❌  ERROR: DB reset on vm_prod is BLOCKED\n❌\n`);
      expect(stderr).toContain('make backup ENV=vm_prod\n');
      expect(stderr).toContain('make db-reset-volume-env ENV=vm_prod FORCE=1\n');
      expect(stderr).toMatch(/Error 77$/m);
      expect(status).toBe(2);
      expect(await state()).toEqual(before);
    });

    test.each([
      ['FORCE exported, through make', { FORCE: '1' }, 'make'],
      ['FORCE exported, with the script', { FORCE: '1' }, 'task'],
      ['MAKEFLAGS=FORCE=1 exported, through make', { MAKEFLAGS: 'FORCE=1' }, 'make'],
      ['MAKEFLAGS exported, with the script', { MAKEFLAGS: ' -- FORCE=1', MAKELEVEL: '1' }, 'task'],
    ])('%s changes nothing', async (_title, env, how) => {
      const before = await state();
      const words = 'db-reset-volume-env ENV=vm_prod';
      const { status, stderr } =
        how === 'make' ? await scratch.runMake(words, { env }) : await scratch.runTask(words, { env });
      expect(stderr).toContain('❌  ERROR: DB reset on vm_prod is BLOCKED');
      if ('FORCE' in env) expect(stderr).toContain('FORCE=1 is exported in your shell');
      if (how === 'make') expect(stderr).toMatch(/Error 77$/m);
      else expect(status).toBe(77);
      expect(await state()).toEqual(before);
    });

    test('FORCE=true, yes, 01 or " 1" is no FORCE=1: 64', async () => {
      const before = await state();
      for (const force of ['true', 'yes', '01', ' 1']) {
        const words = ['db-reset-volume-env', 'ENV=vm_prod', `FORCE=${force}`];
        const [script, make] = await Promise.all([scratch.runTask(words), scratch.runMake(words)]);
        expect(script.stderr).toContain(`FORCE=${force} is neither 1 nor 0`);
        expect(script.status).toBe(64);
        expect(make.stderr).toContain(`FORCE=${force} is neither 1 nor 0`);
        expect(make.stderr).toMatch(/Error 64$/m);
      }
      expect(await state()).toEqual(before);
    });
  });

  test('an ENV that is only exported is named, not taken: 64', async () => {
    const env = { ENV: 'vm_stg' };
    const before = await state();
    const { status, stderr } = await scratch.runTask('db-reset-volume-env WAIT=0', { env });
    expect(stderr).toContain('ENV=vm_stg is exported in your shell');
    expect(stderr).toContain('from the command line only');
    expect(status).toBe(64);
    const make = await scratch.runMake('db-reset-db-env WAIT=0', { env });
    expect(make.stderr).toMatch(/Error 64$/m);
    expect(await state()).toEqual(before);
  });

  test('shows what it is about to destroy, from facts', async () => {
    const running = scratch.startTask('db-reset-volume-env ENV=stg');
    await running.printed('Starting in 5');
    running.interrupt();
    const { stderr } = await running.ended;
    const endpoint = await docker('context', 'inspect', '--format', '{{.Endpoints.docker.Host}}');
    const id = await scratch.container('vm_stg');
    expect(stderr.split('\n').map((line) => line.trim().replace(/ +/, ' '))).toEqual(
      expect.arrayContaining([
        '[info] ENV=stg, canonical name vm_stg',
        'environment vm_stg (typed: stg)',
        expect.stringMatching(new RegExp(`^engine ${process.env['DOCKER_HOST'] ?? endpoint} on host .+`)),
        `project ${scratch.project('vm_stg')}`,
        expect.stringMatching(
          new RegExp(`^server container ${id.slice(0, 12)} \\(running\\), PostgreSQL 17.*, system \\d+$`),
        ),
        expect.stringMatching(
          new RegExp(`^storage volume ${scratch.project('vm_stg')}_postgres_data, [\\d.]+ MB$`),
        ),
        expect.stringMatching(/^database core_stg of app_stg, [\d.]+ MB, \d+ tables?, about \d+ rows?$/),
      ]),
    );
  });

  describe('Ctrl-C in the countdown', () => {
    test.each([
      'db-reset-volume-env ENV=vm_stg',
      'db-reset-db-env ENV=vm_stg',
      'al-stamp-env ENV=vm_prod FORCE=1 REV=head',
    ])('%s: 130 and nothing is touched', async (words) => {
      const before = await state();
      const running = scratch.startTask(words);
      await running.printed('Starting in 5');
      running.interrupt();
      const { status, stderr } = await running.ended;
      expect(stderr).toContain('[error] cancelled');
      expect(stderr).not.toContain('[ok] vm_');
      expect(status).toBe(130);
      expect(await state()).toEqual(before);
    });

    test('through make as well, and through npx', async () => {
      const before = await state();
      const words = 'db-reset-db-env ENV=vm_stg';
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

  describe('WAIT', () => {
    test.each([
      ['exported, does not count', 'ENV=vm_stg', { WAIT: '0' }, 5],
      ['typed, counts on an environment that is not protected', 'ENV=vm_stg WAIT=2', {}, 2],
      ['typed, is not under five on a protected one', 'ENV=vm_prod FORCE=1 WAIT=0', {}, 5],
      ['typed, may be longer', 'ENV=vm_prod FORCE=1 WAIT=7', {}, 7],
    ])('%s', async (_title, words, env, seconds) => {
      const running = scratch.startTask(`db-reset-volume-env ${words}`, { env });
      await running.printed('Starting in');
      running.interrupt();
      const { stderr } = await running.ended;
      expect(stderr.match(/Starting in (\d+)/)![1]).toBe(String(seconds));
    });
  });

  test('lets FORCE=1 through after five seconds, whatever WAIT says, and then it is done', async () => {
    const { status, stderr, time } = await scratch.runTask('db-reset-volume-env ENV=vm_prod FORCE=1 WAIT=0');
    expect(stderr).toMatch(/environment +vm_prod, PROTECTED/);
    const counted = [...stderr.matchAll(/Starting in (\d+)/g)].map(([, seconds]) => Number(seconds));
    expect(counted).toEqual([5, 4, 3, 2, 1]);
    expect(time).toBeGreaterThan(5000);
    expect(stderr).toContain(`[ok] vm_prod: server and data of ${scratch.project('vm_prod')} are gone`);
    expect(stderr).toContain('[next] npx tsx tasks/up.ts ENV=vm_prod');
    expect(status).toBe(0);
    expect(await docker('ps', '-aq', '--filter', `name=${scratch.project('vm_prod')}`)).toBe('');
    expect(await docker('volume', 'ls', '-q', '--filter', `name=${scratch.project('vm_prod')}`)).toBe('');
    // The other environment was not ours to touch.
    expect(await stg.sql('SELECT x FROM kept')).toBe('42');
  });
});
