import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import registry from '../../env/environments.ts';
import { UsageError } from '../../lib/errors.ts';
import { help, renderOverview, renderTask } from '../../lib/task/help.ts';
import { flag, required, text } from '../../lib/parameters/kinds.ts';
import type { Task } from '../../lib/run/run.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { taskNames } from '../../lib/repository/task-files.ts';
import { recordingTerminal } from './support.ts';

let tasks: Task[];
beforeAll(async () => {
  tasks = await loadTasks();
});
const ROOT = join(import.meta.dirname, '../..');
const byName = (name: string): Task => tasks.find((task) => task.name === name)!;

describe('the overview', () => {
  test.each(taskNames())('has %s, in a line of its own', (name) => {
    const { definition } = byName(name);
    const mark = definition.destructive ? '⚠' : ' ';
    const lines = renderOverview(tasks, registry)
      .split('\n')
      .filter((line) => line.startsWith(`  ${mark} ${name} `));
    expect(lines).toEqual([expect.stringContaining(`  ${definition.summary}`)]);
  });

  test('has every environment, what it is called no more, and which one is meant without ENV', () => {
    const overview = renderOverview(tasks, registry);
    const section = overview.split('\n\n').find((part) => part.startsWith('Environments (ENV=…)\n'))!;
    const rows = section.split('\n').flatMap((line) => {
      const [, name, rest] = line.match(/^ {4}(\S+) +(.*)$/) ?? [];
      return name === undefined ? [] : [[name, rest]];
    });
    expect(Object.fromEntries(rows)).toEqual({
      local_dev: 'default, except for ⚠; formerly dev',
      local_demo: '',
      vm_stg: 'formerly stg',
      vm_prod: 'protected; formerly prod',
    });
  });

  test("says of a target that stays the team's own how ours is called", () => {
    const line = renderOverview(tasks, registry, '', new Map([['up', 'npx makesafe up']]))
      .split('\n')
      .find((one) => one.startsWith('    up '));
    expect(line).toContain(`  only as npx makesafe up: ${byName('up').definition.summary}`);
  });

  test('fits a screen', () => {
    const lines = renderOverview(tasks, registry).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    expect(lines.length).toBeLessThanOrEqual(80);
  });
});

describe('the page of a task', () => {
  test.each(taskNames())('%s: summary, every parameter, examples', (name) => {
    const task = byName(name);
    const page = renderTask(task, registry);
    expect(page).toMatch(`${name}: ${task.definition.summary}`);
    for (const [variable, parameter] of Object.entries(task.parameters)) {
      const row = page.split('\n').find((line) => line.startsWith(`  ${variable}=${parameter.placeholder} `));
      expect(row).toContain(parameter.summary);
      if (parameter.required) expect(row).toContain('must be given');
      else if (parameter.defaultNote) expect(row).toContain(`default: ${parameter.defaultNote}`);
      else if (parameter.default) expect(row).toContain(`default: ${parameter.default}`);
      expect(/\btyped\)$/.test(row!)).toBe(parameter.commandLineOnly === true);
    }
    for (const example of task.definition.examples) expect(page).toContain(`\n  ${example}`);
    expect(page.includes('⚠')).toBe(task.definition.destructive !== undefined);
  });

  test('all of it', () => {
    const task: Task = {
      name: 'burn',
      definition: {
        group: 'database',
        summary: 'Burn it',
        environment: 'typed',
        destructive: { what: 'Burning', effect: 'destroy' as const, countdown: 'always' },
        examples: ['make burn ENV=vm_stg', 'make burn ENV=vm_stg HOW=slowly'],
        run: async () => {},
      },
      parameters: {
        ENV: { ...required('the environment', { placeholder: '<environment>' }), commandLineOnly: true },
        HOW: text('how to do it', { default: 'fast', placeholder: '<how>' }),
        OUT: text('where to', { defaultNote: 'the time' }),
        NAME: text('of the fire'),
        DRY_RUN: flag('only say so'),
      },
    };
    expect(renderTask(task, registry)).toMatchInlineSnapshot(`
      "burn: Burn it
      ⚠ It destroys data, and runs only behind the guard.

      Parameters
        ENV=<environment>  the environment (must be given; typed)
        HOW=<how>          how to do it (default: fast)
        OUT=<text>         where to (default: the time)
        NAME=<text>        of the fire
        DRY_RUN=1          only say so (default: 0)

      NAME=value behind make or the script, or --name value behind the script. What is not marked "typed" may also
      be exported in the shell; the command line wins.

      Examples
        make burn ENV=vm_stg
        make burn ENV=vm_stg HOW=slowly

      Status: 0 done · 1 failed · 64 usage · 69 engine or database unreachable · 77 refused · 78 configuration · 130 cancelled"
    `);
  });

  test('ENV has the default of the registry where it has one', () => {
    const page = renderTask(byName('up'), { ...registry, default: 'vm_stg' });
    expect(page).toMatch(/ENV=<environment> .*\(default: vm_stg\)/);
  });
});

describe('help', () => {
  async function ask(values: Record<string, unknown>, goals?: string[]): Promise<string> {
    const { terminal, written } = recordingTerminal();
    const make = goals && { goals, overrides: new Map() };
    await help({ root: ROOT, values, make, registry, terminal } as unknown as Parameters<typeof help>[0]);
    expect(written.err).toBe('');
    return written.out;
  }

  test('alone it is the overview', async () => {
    expect(await ask({})).toBe(`${renderOverview(tasks, registry)}\n`);
    expect(await ask({}, ['help'])).toBe(`${renderOverview(tasks, registry)}\n`);
  });

  test('TASK= is one page', async () => {
    expect(await ask({ TASK: 'backup' }, ['help'])).toBe(`${renderTask(byName('backup'), registry)}\n`);
  });

  test.each<[goals: string[] | undefined, values: Record<string, unknown>, unknown: string, hint: string]>([
    [['db-reset-volume'], {}, 'db-reset-volume', 'did you mean: make db-reset-volume-env'],
    [['up', 'dwn'], {}, 'dwn', 'did you mean: make down'],
    [['AL-UP-ENV'], {}, 'AL-UP-ENV', 'did you mean: make al-up-env'],
    [['deploy-everything'], {}, 'deploy-everything', 'make help'],
    [['__proto__'], {}, '__proto__', 'make help'],
    [['help'], { TASK: 'bakcup' }, 'bakcup', 'did you mean: make backup'],
    [undefined, { TASK: 'helth' }, 'helth', 'did you mean: make health'],
    [undefined, { TASK: '' }, '', 'make help'],
  ])('make %j %j', async (goals, values, unknown, hint) => {
    const error: unknown = await ask(values, goals).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: `there is no task ${unknown}`, hint });
  });
});
