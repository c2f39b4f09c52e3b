import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const LIB = join(import.meta.dirname, '../../lib');
const files = readdirSync(LIB, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
const source = (file: string): string => readFileSync(join(LIB, file), 'utf8');
const linesWith = (text: string, pattern: RegExp): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => pattern.test(line));

/** No way leads to the work of a destructive task past the gate. Where this fails, look whether that still holds. */
describe('the work of a task is reached', () => {
  test('in run-task.ts only', () => {
    const reaching = files.filter((file) =>
      /definition\.run\b|\{[^}]*\brun\b[^}]*\} = \w*definition/.test(source(file)),
    );
    expect(reaching).toEqual(['task/run-task.ts']);
  });

  test('there, of one with `typed` or that migrates what is protected, as what the guard is given and nothing else', () => {
    const runTask = source('task/run-task.ts');
    expect(linesWith(runTask, /definition\.run\b/)).toEqual([
      '? definition.run(run)',
      "if (definition.environment === 'name only') return definition.run({ ...run, name });",
      "if (definition.environment !== 'typed' && !migrates) return definition.run(await open(run));",
      'return passGuard(request, (passed) => definition.run(passed));',
    ]);
    expect(runTask).toMatch(/return definition\.environment === 'none'\n\s+\? definition\.run\(run\)/);
    // All four are accounted for: it is called through no other name.
    expect(runTask.match(/\brun\(/g)).toHaveLength(4);
  });

  test('with a registry in which the commit protects, at both readings', () => {
    const runTask = source('task/run-task.ts');
    expect(runTask.match(/\bloadProtecting\(/g)).toHaveLength(2);
    expect(runTask).not.toMatch(/\bloadRegistry\(/);
  });

  test('and the guard gives it what passed, behind all that may refuse', () => {
    const gate = source('guard/guard.ts');
    const body = gate.slice(
      gate.indexOf('export async function passGuard'),
      gate.indexOf('/** Opens the stack'),
    );
    const order = [
      'enforce(BY_NAME, { ...asked, entry })',
      'throw new BlockedError',
      'enforce(BEFORE_CONTACT',
      'enforce([...ON_FACTS, ...ON_CONTENTS]',
      'request.preflight',
      'withRunLock(',
      'backupFirst(',
      'letPersonDecide(',
      'actor.dryRun) return action(',
      'checkRunLock(',
      'onRecord(',
    ];
    const places = order.map((step) => body.indexOf(step));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(body.match(/\baction\(passed\)/g)).toHaveLength(2);
  });

  test('a task without the guard is given no actor that destroys: what ends data is called behind `typed` only', () => {
    const tasks = join(LIB, '../tasks');
    for (const file of readdirSync(tasks)) {
      const task = readFileSync(join(tasks, file), 'utf8');
      // The short forms are daily work on the default environment.
      if (/environment: '(typed|default only)'/.test(task)) continue;
      expect(task, file).not.toMatch(
        /lib\/\S*(reset-|restore|swap|db-rebuild\/db-rebuild|db-undo|db-drop-old)|\bdowngrade\(|stamp\(run\)/,
      );
    }
  });
});
