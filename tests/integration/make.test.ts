import { existsSync, statSync, utimesSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { run } from '../helpers/processes.ts';
import { QUICK, useScratch } from '../helpers/scratch.ts';

/** A task that leaves a file behind when it runs. */
const TATTLE = `import { writeFileSync } from 'node:fs';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Tell that it ran',
  environment: 'none',
  examples: ['make tattle'],
  run: async () => writeFileSync('ran', ''),
});
`;

describe('the makefile', () => {
  const scratch = useScratch({ engine: false });
  const ran = (): boolean => existsSync(scratch.path('ran'));

  test('interpolates no variable into a recipe but the name of the target, and the interpreter', () => {
    const recipes = scratch
      .read('makefile')
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => line.startsWith('\t'));
    expect(recipes.length).toBeGreaterThan(2);
    for (const line of recipes) {
      expect(line.replace(/^\t@\$\(call task,tasks\/(.*)\.ts\)$/, '$1').replaceAll('$@', '')).not.toContain(
        '$',
      );
      // make -n would run them, and shell completion does make -n.
      expect(line).not.toMatch(/^\t[@-]*\+/);
      expect(line).not.toContain('MAKE)');
    }
  });

  test('TSX, typed or exported, runs a task in place of npx and tsx', async () => {
    const env = { PATH: '/usr/bin:/bin' };
    for (const words of [['help'], ['nosuch']]) {
      const typed = await scratch.runMake([...words, `TSX=${QUICK}`], { env });
      const exported = await scratch.runMake(words, { env: { ...env, TSX: QUICK } });
      const { status, stdout, stderr } = await scratch.runMake(words, { env: { TSX: '' } });
      expect(typed).toMatchObject({ status, stdout, stderr });
      expect(exported).toMatchObject({ status, stdout, stderr });
    }
    const { stderr } = await scratch.runMake(['help', 'TSX=false']);
    expect(stderr).toContain('Error 1');
  });

  test('has a target for a new file in tasks/ at once, which help lists', async () => {
    const before = await scratch.runMake('tattle');
    expect(before.stderr).toContain('there is no task tattle');
    scratch.write('tasks/tattle.ts', TATTLE);
    const { status, stderr } = await scratch.runMake('tattle', { env: { TSX: '' } });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(ran()).toBe(true);
    expect((await scratch.runMake('help')).stdout).toMatch(/^ +tattle +Tell that it ran$/m);
  });

  describe('with a task that tells when it runs', () => {
    test.each([
      ['make -n', ['-n', 'tattle']],
      ['shell completion', ['-npq', 'tattle']],
      ['shell completion without a target', ['-npq', '__BASH_MAKE_COMPLETION__=1', '.DEFAULT']],
      ['make -q', ['-q', 'tattle']],
    ])('%s runs nothing', async (_title, words) => {
      scratch.write('tasks/tattle.ts', TATTLE);
      await run(['rm', '-f', scratch.path('ran')]);
      const { stdout } = await scratch.runMake(words);
      if (words.includes('-npq')) {
        expect(stdout).toMatch(/^tattle:/m);
        expect(stdout).toMatch(/^db-reset-volume-env:/m);
      }
      expect(ran()).toBe(false);
      // It can run.
      await scratch.runMake('tattle');
      expect(ran()).toBe(true);
    });
  });

  test('works with make -C from elsewhere, with make -s, and with make -j', async () => {
    const [here, elsewhere, silent, parallel] = await Promise.all([
      scratch.runMake('help TASK=up'),
      scratch.runMake(['-C', scratch.root, '--no-print-directory', 'help', 'TASK=up'], { cwd: '/' }),
      scratch.runMake('-s help TASK=up'),
      scratch.runMake('-j4 help TASK=up'),
    ]);
    expect(here.status).toBe(0);
    for (const ran of [elsewhere, silent, parallel]) {
      expect(ran.stdout).toBe(here.stdout);
      expect(ran.status).toBe(0);
    }
  });

  test('-s before a destructive target is no word of its command line: blocked as ever', async () => {
    const { stderr } = await scratch.runMake('-s db-reset-volume-env ENV=vm_prod');
    expect(stderr).toContain('❌  ERROR: DB reset on vm_prod is BLOCKED');
    expect(stderr).toMatch(/Error 77$/m);
  });

  test.each([
    ['db-reset-volum-env', 'db-reset-volume-env'],
    ['db-reset-volum-env ENV=vm_stg WAIT=0', 'db-reset-volume-env'],
    ['db_dump_schema_env ENV=vm_stg OUT=x.sql', 'db-dump-schema-env'],
    ['al-upp', 'al-up'],
  ])('answers %s, which does not exist, with the nearest target: 64', async (words, nearest) => {
    const { stderr } = await scratch.runMake(words);
    expect(stderr).toContain(`there is no task ${words.split(' ')[0]}`);
    expect(stderr).toContain(`did you mean: make ${nearest}`);
    expect(stderr).toMatch(/Error 64$/m);
  });

  test('runs no goal where one of them does not exist', async () => {
    scratch.write('tasks/tattle.ts', TATTLE);
    await run(['rm', '-f', scratch.path('ran')]);
    const { status, stderr } = await scratch.runMake('tattle nonsense-goal');
    expect(stderr).toContain('there is no task nonsense-goal');
    expect(status).toBe(2);
    expect(ran()).toBe(false);
  });

  test('takes the variables of two targets on one line', async () => {
    for (const goals of ['health logs', 'logs health']) {
      const { stderr } = await scratch.runMake(`-k ${goals} ENV=vm_stg JSON=1 TAIL=5`);
      expect(stderr).not.toContain('is not a parameter');
      // As far as the engine; the second one is not made then, whatever -k says.
      expect(stderr.match(/Error 69$/gm)).toHaveLength(1);
    }
  });

  test('hands a value on as it was typed', async () => {
    const nasty = `x; touch pwned 'a' "b" \`c\` (d) & | > e * ~ é 日本`;
    const { stderr } = await scratch.runMake(['help', `TASK=${nasty}`]);
    expect(stderr).toContain(`there is no task ${nasty}`);
    expect(existsSync(scratch.path('pwned'))).toBe(false);
  });

  test('what an exported env file defines is said to be of the makefile, with the line that counts more', async () => {
    scratch.write('.env', 'ENV=development\nFORCE=1\nTIMEOUT=soon\n');
    scratch.write('with-env.mk', 'include .env\nexport\ninclude makefile\n');
    const make = (words: string) => scratch.runMake(['-f', 'with-env.mk', ...words.split(' ')]);
    const up = await make('ps');
    expect(up.stderr).toContain("[info] ENV=development is taken from the makefile's exports");
    expect(up.stderr).toContain('ENV="development" is not an environment');
    expect(up.stderr).toContain('; what is typed counts more: make ps ENV=local_dev');
    expect((await make('db-reset-db-env')).stderr).toContain(
      'ENV=development is exported by the makefile; this task',
    );
    expect((await make('db-reset-db-env ENV=vm_prod')).stderr).toContain(
      'FORCE=1 is exported by the makefile; it counts only on the command line',
    );
    expect((await make('up ENV=local_demo')).stderr).toContain(
      'TIMEOUT=soon (exported by the makefile) is not',
    );
    const shell = await scratch.runMake(['db-reset-db-env'], { env: { ENV: 'development' } });
    expect(shell.stderr).toContain('ENV=development is exported in your shell; this task');
  });

  test('installs anew only when the lockfile is newer than what is installed', async () => {
    const plan = async (): Promise<string> => (await scratch.runMake('-n help')).stdout;
    expect(await plan()).not.toContain('npm ci');
    const lockfile = scratch.path('package-lock.json');
    const { atime, mtime } = statSync(lockfile);
    utimesSync(lockfile, new Date(), new Date(Date.now() + 60_000));
    expect(await plan()).toContain('npm ci');
    utimesSync(lockfile, atime, mtime);
    expect(await plan()).not.toContain('npm ci');
  });
});
