import { describe, expect, test } from 'vitest';
import { commandLine, spelling } from '../../lib/task/command-line.ts';
import { readMakeInvocation, type MakeInvocation } from '../../lib/system/make.ts';
import { loadTasks } from '../../lib/task/find-tasks.ts';
import { taskNames } from '../../lib/repository/task-files.ts';
import { temporaryFolder } from './support.ts';

const MAKE: MakeInvocation = { goals: [], overrides: new Map() };
const TASK = `import { defineTask } from '${import.meta.dirname}/../../lib/task/define-task.ts';
export default defineTask(import.meta.url, {
  group: 'project', summary: 'Own', environment: 'none', examples: [], run: async () => {},
});
`;

describe("a team's own tasks", () => {
  test('stand beside those of the package; other files in tasks/ are not looked into', async () => {
    const root = temporaryFolder({
      'tasks/own.ts': TASK,
      'tasks/up.ts': TASK,
      'tasks/other.ts': 'throw new Error("run");',
      'tasks/own.d.ts': 'declare function defineTask(): void;',
    });
    expect(taskNames(root)).toEqual([...taskNames(), 'own'].sort());
    const tasks = await loadTasks(root);
    // Theirs goes before ours.
    expect(tasks.find(({ name }) => name === 'up')!.definition.summary).toBe('Own');
  });

  test('one that cannot be loaded is named', async () => {
    const root = temporaryFolder({ 'tasks/broken.ts': 'import "nowhere"; defineTask();' });
    await expect(loadTasks(root)).rejects.toThrow(/tasks\/broken\.ts cannot be loaded: .*nowhere/);
  });
});

describe('the line to type', () => {
  const root = temporaryFolder.bind(undefined, { 'tasks/own.ts': TASK });

  test('in the way in which this task was called', () => {
    const folder = root();
    expect(commandLine(MAKE, folder, 'up', { ENV: 'dev', X: 'a$b c' })).toBe("make up ENV=dev 'X=a$$b c'");
    expect(commandLine(undefined, folder, 'up', { ENV: 'dev' })).toBe('npx makesafe up ENV=dev');
    expect(commandLine(undefined, folder, 'own', {})).toBe('npx tsx tasks/own.ts');
  });

  test('as targets are called there', () => {
    const folder = root();
    const text = 'make room, then: make up ENV=dev or make own';
    expect(spelling(MAKE, folder)).toBeUndefined();
    expect(spelling({ ...MAKE, prefix: 'ms-' }, folder)!(text)).toBe(
      'make room, then: make ms-up ENV=dev or make ms-own',
    );
    expect(spelling({ ...MAKE, except: ['up'] }, folder)!(text)).toBe(
      'make room, then: npx makesafe up ENV=dev or make own',
    );
    expect(spelling(undefined, folder)!(text)).toBe(
      'make room, then: npx makesafe up ENV=dev or npx tsx tasks/own.ts',
    );
    // In makesafe's own repository both ways work.
    expect(spelling(undefined, `${import.meta.dirname}/../..`)).toBeUndefined();
  });

  test('goals are tasks, whatever the makefile puts before them', () => {
    const env = {
      MAKELEVEL: '1',
      MAKECMDGOALS: 'ms-up theirs',
      MAKESAFE_PREFIX: 'ms-',
      MAKESAFE_EXCEPT: 'a b',
    };
    expect(readMakeInvocation(env, [])).toMatchObject({
      goals: ['up', 'theirs'],
      prefix: 'ms-',
      except: ['a', 'b'],
    });
    expect(readMakeInvocation({ MAKELEVEL: '1' }, [])).not.toHaveProperty('prefix');
  });
});
