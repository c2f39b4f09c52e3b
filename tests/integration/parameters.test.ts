import { describe, expect, test } from 'vitest';
import { useScratch } from '../helpers/scratch.ts';

// No engine answers here: what is refused was refused before anything was asked of one.
describe.concurrent('parameters', () => {
  const scratch = useScratch({ engine: false });

  describe('an environment that does not exist', () => {
    test.each([
      ['VM_STG', 'did you mean vm_stg?'],
      ['ｖｍ＿ｓｔｇ', 'did you mean vm_stg?'],
      ['vm-stg', 'did you mean vm_stg?'],
      ['vm_stg;x', 'did you mean vm_stg?'],
      ['', 'ENV is empty'],
      ['../vm_stg', 'is not an environment'],
      ['constructor', 'is not an environment'],
      ['local_stg', 'its successor is vm_stg'],
      ['local_prod', 'its successor is vm_prod'],
    ])('ENV=%j: 64, the list, and what was probably meant', async (name, said) => {
      const list = 'environments: local_dev, local_demo, vm_stg, vm_prod';
      for (const words of [
        ['db-reset-volume-env', `ENV=${name}`, 'WAIT=0', 'FORCE=1'],
        ['ps', `ENV=${name}`],
      ]) {
        const { status, stderr } = await scratch.runTask(words);
        expect(stderr).toContain(said);
        expect(stderr).toContain(list);
        expect(status).toBe(64);
      }
    });

    test('through make, surrounding white space is trimmed and the rest is refused', async () => {
      const trimmed = await scratch.runMake(['db-reset-volume-env', 'ENV= vm_prod ']);
      expect(trimmed.stderr).toContain('❌  ERROR: DB reset on vm_prod is BLOCKED');
      const refused = await scratch.runMake(['db-reset-volume-env', 'ENV=vm prod']);
      expect(refused.stderr).toContain('did you mean vm_prod?');
      expect(refused.stderr).toMatch(/Error 64$/m);
    });
  });

  describe('a name that is not a parameter', () => {
    test.each([
      ['env=vm_stg', 'ENV'],
      ['Env=vm_stg', 'ENV'],
      ['ENVV=vm_stg', 'ENV'],
      ['FORCE_=1', 'FORCE'],
      ['--forse', 'FORCE'],
    ])('%s is refused with what was probably meant: 64', async (word, meant) => {
      const { status, stderr } = await scratch.runTask(['db-reset-volume-env', 'ENV=vm_prod', word]);
      expect(stderr).toContain(`is not a parameter of this task; did you mean ${meant}?`);
      expect(stderr).not.toContain('BLOCKED');
      expect(status).toBe(64);
    });

    test('through make as well', async () => {
      for (const target of ['ps', 'db-reset-volume-env']) {
        const { stderr } = await scratch.runMake(`${target} env=vm_stg`);
        expect(stderr).toContain('env is not a parameter of this task; did you mean ENV?');
        expect(stderr).toMatch(/Error 64$/m);
      }
    });

    test.each(['vm_stg', '=', 'ENV', '--no-force', '-f'])(
      'a word that is no NAME=value and no option (%s) is refused: 64',
      async (word) => {
        const { status, stderr } = await scratch.runTask(['ps', 'ENV=vm_stg', word]);
        expect({ stderr, status }).toEqual({
          stderr: expect.stringContaining('[error]') as string,
          status: 64,
        });
      },
    );
  });

  test('all that is wrong is said at once', async () => {
    const { status, stderr } = await scratch.runTask('db-reset-volume-env WAIT=soon FORCE=yes nonsense=1');
    expect(stderr).toContain('ENV=<environment> is missing');
    expect(stderr).toContain('WAIT=soon is not a whole number');
    expect(stderr).toContain('FORCE=yes is neither 1 nor 0');
    expect(stderr).toContain('nonsense is not a parameter');
    expect(status).toBe(64);
  });

  test.each(['true', 'yes', 'no', '01', ' 1', '1 ', '', '2', '１'])(
    'FORCE=%j is no FORCE=1: 64',
    async (force) => {
      const { status, stderr } = await scratch.runTask([
        'db-reset-volume-env',
        'ENV=vm_prod',
        `FORCE=${force}`,
      ]);
      expect(stderr).toContain(`FORCE=${force} is neither 1 nor 0`);
      expect(status).toBe(64);
    },
  );

  test.each(['-1', '1.5', 'soon', '', '1e3', '٣'])('WAIT=%j is refused: 64', async (wait) => {
    const { status, stderr } = await scratch.runTask(['db-reset-volume-env', 'ENV=vm_stg', `WAIT=${wait}`]);
    expect(stderr).toContain(`WAIT=${wait} is not a whole number`);
    expect(status).toBe(64);
  });

  test.each(['--sql', '-x', 'a b', ''])('REV=%j is no revision: 64', async (revision) => {
    const { status, stderr } = await scratch.runTask(['al-up-env', 'ENV=vm_stg', `REV=${revision}`]);
    expect(stderr).toContain('is not a revision');
    expect(status).toBe(64);
  });

  test('a parameter given twice is refused: 64', async () => {
    const { status, stderr } = await scratch.runTask('ps ENV=vm_stg --env vm_prod');
    expect(stderr).toContain('ENV is given twice');
    expect(status).toBe(64);
  });

  test('--name value, --name=value and NAME=value are the same', async () => {
    for (const given of [['--env', 'vm_prod'], ['--env=vm_prod'], ['ENV=vm_prod']]) {
      const { status, stderr } = await scratch.runTask(['db-reset-volume-env', ...given]);
      expect(stderr).toContain('DB reset on vm_prod is BLOCKED');
      expect(status).toBe(77);
    }
  });

  test('a destructive task has no default environment: 64', async () => {
    for (const task of ['db-reset-volume-env', 'db-reset-db-env', 'al-down-env', 'al-stamp-env REV=head']) {
      const { status, stderr } = await scratch.runTask(task, { env: { ENV: 'vm_stg' } });
      expect(stderr).toContain('ENV=<environment> is missing');
      expect(stderr).toContain(
        'ENV=vm_stg is exported in your shell; this task takes ENV from the command line only',
      );
      expect(status).toBe(64);
    }
  });

  test('an exported ENV that is no environment, as an application has one, is in no line to type', async () => {
    const task = 'db-reset-db-env';
    const { stderr } = await scratch.runTask(task, { env: { ENV: 'development' } });
    expect(stderr).toContain('ENV=development is exported in your shell');
    expect(stderr).toContain(`[next] npx tsx tasks/help.ts TASK=${task}`);
    const alias = await scratch.runTask(task, { env: { ENV: 'stg' } });
    expect(alias.stderr).toContain(`[next] type it: npx tsx tasks/${task}.ts ENV=stg`);
  });

  test('another task takes what is exported, and says so; what is typed wins', async () => {
    const env = { ENV: 'vm_prod', TIMEOUT: 'soon' };
    const exported = await scratch.runTask('ps', { env: { ENV: 'vm_prod' } });
    expect(exported.stderr).toContain("[info] ENV=vm_prod is taken from the shell's exports");
    const typed = await scratch.runTask('ps ENV=nonsense', { env });
    expect(typed.stderr).toContain('ENV="nonsense" is not an environment');
    const malformed = await scratch.runTask('up ENV=vm_stg', { env });
    expect(malformed.stderr).toContain('TIMEOUT=soon (exported in your shell) is not a whole number');
    expect(malformed.status).toBe(64);
  });

  test.each([
    ['al-up', 'al-up-env', ''],
    ['al-down', 'al-down-env', ''],
    ['al-cur', 'al-cur-env', ''],
    ['al-hist', 'al-hist-env', ''],
    ['al-heads', 'al-heads-env', ''],
    ['al-stamp', 'al-stamp-env', ' REV=head'],
  ])('%s of another environment is refused with the line to type: 64', async (short, long, more) => {
    const { status, stderr } = await scratch.runTask(`${short} ENV=stg${more}`);
    expect(stderr).toContain(`${short} works on local_dev only`);
    expect(stderr).toContain(`[next] npx tsx tasks/${long}.ts ENV=vm_stg`);
    expect(status).toBe(64);
  });

  test.each(['al-rev', 'al-rev-auto'])('%s wants MSG: 64', async (task) => {
    const { status, stderr } = await scratch.runTask(task);
    expect(stderr).toContain('MSG=<message> is missing');
    expect(status).toBe(64);
    expect((await scratch.runTask([task, 'MSG= '])).stderr).toContain('MSG=  is empty');
  });
});
