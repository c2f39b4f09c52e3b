import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { useScratch } from '../helpers/scratch.ts';

const BAR = '❌'.repeat(32);

/** A destructive task that tells when it runs. */
const TATTLE = `import { writeFileSync } from 'node:fs';
import { defineTask } from '../lib/task/define-task.ts';

export default defineTask(import.meta.url, {
  group: 'project',
  summary: 'Tell that it ran',
  environment: 'typed',
  destructive: { what: 'Telling', effect: 'destroy', countdown: 'always' },
  examples: ['make tattle ENV=vm_stg'],
  run: async () => writeFileSync('ran', ''),
});
`;

const destructive = (await loadTasks()).filter(({ definition }) => definition.destructive);

describe.concurrent('a task that is declared destructive does not run without the guard', () => {
  const scratch = useScratch({ engine: false });
  beforeAll(() => scratch.write('tasks/tattle.ts', TATTLE));

  test('there are some', () => {
    expect(destructive.length).toBeGreaterThan(5);
  });

  test.each([
    ...destructive.map(({ name, parameters }) => [name, parameters] as const),
    ['tattle', {}] as const,
  ])('%s, on a protected environment without FORCE=1: 77', async (name, parameters) => {
    const required = Object.entries(parameters).filter(([one, { required }]) => required && one !== 'ENV');
    const words = [name, 'ENV=vm_prod', ...required.map(([one]) => `${one}=x`)];
    const { status, stdout, stderr } = await scratch.runTask(words, { env: { FORCE: '1' } });
    expect(stderr).toMatch(/^❌ {2}ERROR: .* on vm_prod is BLOCKED$/m);
    expect(stdout).toBe('');
    expect(status).toBe(77);
    expect(existsSync(scratch.path('ran'))).toBe(false);
  });

  test('through make, with the lines to type as make takes them', async () => {
    const { status, stderr } = await scratch.runMake('db-reset-volume-env ENV=prod', { env: { FORCE: '1' } });
    expect(stderr).toContain(`${BAR}\n❌  ERROR: DB reset on vm_prod is BLOCKED\n❌\n`);
    expect(stderr).toContain('❌  This operation will DESTROY production database!\n');
    expect(stderr).toContain('make backup ENV=vm_prod\n');
    expect(stderr).toContain('make db-reset-volume-env ENV=vm_prod FORCE=1\n');
    expect(stderr).toContain('FORCE=1 is exported in your shell');
    expect(stderr).toMatch(/Error 77$/m);
    expect(status).toBe(2);
  });

  test.each(['true', 'yes', '01', ' 1'])('through make, FORCE="%s" is no FORCE=1: 64', async (force) => {
    const { stderr } = await scratch.runMake(['db-reset-volume-env', 'ENV=vm_prod', `FORCE=${force}`]);
    expect(stderr).toContain(`FORCE=${force} is neither 1 nor 0`);
    expect(stderr).toMatch(/Error 64$/m);
  });

  test.each<[why: string, words: string, env: Record<string, string>, status: number]>([
    ['an exported server', 'ENV=vm_stg', { PGHOST: 'x' }, 77],
    ['an exported engine', 'ENV=vm_stg', { DOCKER_HOST: 'unix:///nonexistent' }, 77],
    ['no engine', 'ENV=vm_stg WAIT=0', {}, 69],
    ['no engine, with FORCE=1', 'ENV=vm_prod FORCE=1', {}, 69],
    ['no ENV', 'WAIT=0', { ENV: 'vm_stg' }, 64],
    ['an unknown ENV', 'ENV=vm_sgt', {}, 64],
  ])('nor with %s', async (_why, words, env, status) => {
    const ran = await scratch.runTask(`tattle ${words}`, { env });
    expect(ran.status, ran.stderr).toBe(status);
    expect(existsSync(scratch.path('ran'))).toBe(false);
    expect(existsSync(scratch.path('journal/vm_stg.jsonl'))).toBe(false);
  });
});

describe('where the default environment is protected', () => {
  const scratch = useScratch({ engine: false });

  test('the short forms, which pass no guard, name the long ones: 77', async () => {
    const registry = scratch
      .read('env/environments.ts')
      .replace('"default": "local_dev"', '"default": "vm_prod"');
    scratch.write('env/environments.ts', registry);
    for (const words of ['al-down', 'al-stamp REV=head', 'al-up']) {
      const { status, stderr } = await scratch.runTask(words);
      const name = words.split(' ')[0];
      expect(stderr).toContain(`[error] vm_prod is protected, and ${name} passes no guard`);
      expect(stderr).toContain(`npx tsx tasks/${name}-env.ts ENV=vm_prod`);
      expect(status).toBe(77);
    }
  });
});
