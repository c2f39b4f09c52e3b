import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import registry from '../../env/environments.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { renderTask } from '../../lib/task/help.ts';
import { sampleOf } from '../helpers/commit.ts';
import { useScratch } from '../helpers/scratch.ts';

const tasks = await loadTasks();

describe('help', () => {
  const scratch = useScratch({ engine: false });
  const files = (): string[] => readdirSync(scratch.path('tasks')).map((file) => file.replace(/\.ts$/, ''));

  test('make alone lists every file in tasks/, marks what destroys, and names the environments', async () => {
    const { status, stdout, stderr } = await scratch.runMake('');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const listed = [...stdout.matchAll(/^ {2}([ ⚠]) (\S+) +\S.*$/gm)].map(([, mark, name]) => ({
      mark,
      name: name!,
    }));
    expect(listed.map(({ name }) => name).sort()).toEqual(expect.arrayContaining(files()));
    expect(
      listed
        .filter(({ mark }) => mark === '⚠')
        .map(({ name }) => name)
        .sort(),
    ).toEqual([
      ...[
        'al-down-env',
        'al-stamp-env',
        'db-apply-env',
        'db-drop-old-env',
        'db-drop-save-env',
        'db-drop-wall-env',
        'db-load-env',
        'db-rebuild-env',
        'db-reset-db-env',
      ],
      ...['db-reset-volume-env', 'db-undo-env', 'restore-from-dump', 'restore-from-sql'],
    ]);
    expect(stdout).toMatch(/^ +local_dev +default/m);
    expect(stdout).toMatch(/^ +local_demo/m);
    expect(stdout).toMatch(/^ +vm_stg +.*formerly stg/m);
    expect(stdout).toMatch(/^ +vm_prod +protected.*formerly prod/m);
  });

  test('make, make help and npx tsx tasks/help.ts say the same', async () => {
    const [bare, make, npx] = await Promise.all([
      scratch.runMake(''),
      scratch.runMake('help'),
      scratch.runNpx('help'),
    ]);
    expect(make.stdout).toBe(bare.stdout);
    expect(npx.stdout).toBe(bare.stdout);
  });

  test('a reader that goes away early is no failure', async () => {
    const piped = ['bash', '-c', '"$@" | true; echo "${PIPESTATUS[0]}"', 'bash'];
    const { stdout, stderr } = await scratch.start([...piped, ...scratch.taskCommand('help')]).ended;
    expect(stderr).toBe('');
    expect(stdout).toBe('0\n');
  });

  test('every file in tasks/ is a task', () => {
    expect(tasks.map(({ name }) => name)).toEqual(files().sort());
  });

  // What the page of each has is shown without a process, in tests/unit/help.test.ts.
  test.each(sampleOf(tasks, 6).map((task) => [task.name, task] as const))(
    '--help of the script of %s is its page',
    async (name, task) => {
      const { status, stdout, stderr } = await scratch.runTask(`${name} --help`);
      expect({ status, stdout, stderr }).toEqual({
        ...{ status: 0, stderr: '' },
        stdout: `${renderTask(task, registry).trimEnd()}\n`,
      });
    },
  );

  test('variables that the replaced makefile took are still taken by the same targets', () => {
    const parameters = Object.fromEntries(tasks.map((task) => [task.name, Object.keys(task.parameters)]));
    const variables: Record<string, string[]> = {
      up: ['ENV'],
      down: ['ENV'],
      restart: ['ENV'],
      rebuild: ['ENV', 'BUILDKIT', 'PROGRESS', 'PULL', 'NO_CACHE'],
      logs: ['ENV', 'S'],
      'db-reset-volume-env': ['ENV', 'FORCE'],
      'db-reset-db-env': ['ENV', 'FORCE', 'PG_SERVICE'],
      'db-bootstrap-roles-env': ['ENV', 'BOOTSTRAP_ROLES_SQL', 'PG_SERVICE'],
      'db-dump-schema-env': ['ENV', 'OUT', 'PG_SERVICE'],
      backup: ['ENV', 'BACKUP_DIR', 'PG_SERVICE'],
      'al-up-env': ['ENV', 'ALEMBIC_INI'],
      'al-down-env': ['ENV', 'REV', 'ALEMBIC_INI'],
      'al-stamp-env': ['ENV', 'REV', 'ALEMBIC_INI'],
      'al-rev': ['MSG', 'REV_ID', 'ALEMBIC_INI'],
      'al-rev-auto': ['MSG', 'REV_ID', 'ALEMBIC_INI'],
    };
    for (const [task, names] of Object.entries(variables))
      expect(parameters[task], task).toEqual(expect.arrayContaining(names));
  });

  test('make help TASK=… is the same as --help', async () => {
    const make = await scratch.runMake('help TASK=db-dump-schema-env');
    const script = await scratch.runTask('db-dump-schema-env --help');
    expect(make.stdout).toBe(script.stdout);
    expect(make.stdout).toMatch(/OUT=<file> .*default: backups\/schema_<environment>\.sql/);
    expect(make.stdout).toContain('make db-dump-schema-env ENV=vm_stg OUT=backups/schema_stg.sql');
  });

  test('what stands beside help, behind make or the script, is its TASK; nothing of it runs', async () => {
    const task = await scratch.runTask('help TASK=down');
    for (const words of ['help down ENV=local_demo DRY_RUN=1', 'down help ENV=vm_prod', '-j4 -k help down'])
      expect(await scratch.runMake(words), words).toMatchObject({
        status: 0,
        stdout: task.stdout,
        stderr: '',
      });
    expect((await scratch.runTask('help down')).stdout).toBe(task.stdout);
    const two = await scratch.runMake('help db-reset-volume-env demo');
    expect(two.stdout).toMatch(
      /^db-reset-volume-env: [\s\S]*\n\n\n?demo: |^demo: [\s\S]*\n\n\ndb-reset-volume-env: /,
    );
    const wrong = await scratch.runMake('help restrat');
    expect(wrong.stderr).toContain('did you mean: make restart');
    expect(wrong.stdout).toBe('');
  });

  test('--help says what only counts when it is typed, also where parameters are missing', async () => {
    const { status, stdout } = await scratch.runTask('db-reset-volume-env --help');
    expect(status).toBe(0);
    for (const name of ['ENV', 'FORCE', 'WAIT'])
      expect(stdout).toMatch(new RegExp(`^  ${name}=.*typed`, 'm'));
    expect(stdout).not.toMatch(/^ {2}DRY_RUN=.*typed/m);
    expect(stdout).toContain('Status: 0 done');
  });

  test('of a task that does not exist names the nearest one: 64', async () => {
    const { status, stdout, stderr } = await scratch.runTask('help TASK=db-dump-shema-env');
    expect(stderr).toContain('there is no task db-dump-shema-env');
    expect(stderr).toContain('db-dump-schema-env');
    expect(stdout).toBe('');
    expect(status).toBe(64);
  });
});
